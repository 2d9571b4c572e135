import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { testTypes } from './registry.ts'
import type { TestType } from './test-type.ts'
import { standardItems, type StandardDatatype } from './test-types/standard-items.ts'

const folder = new URL('./test-types/', import.meta.url)

/** The file of the standard's test; `inetlisteningservers_test` has the one item whose name differs from it. */
const itemNames: Readonly<Record<string, string>> = { 'linux/inetlisteningservers': 'linux/inetlisteningserver' }

/** Later than 5.11.2, or of Windows alone. */
const notInStandard = new Set(['independent/textfilecontent54', 'independent/yamlfilecontent'])
const notOnLinux = new Set(['windows_view'])

function standardItemOf({ name }: TestType): Readonly<Record<string, StandardDatatype>> | undefined {
  return notInStandard.has(name) ? undefined : standardItems[itemNames[name] ?? name]
}

/** What the code may declare for an entity of the standard. */
const declarable: Readonly<Record<StandardDatatype, readonly string[] | undefined>> = {
  address: ['ip_address', 'ipv4_address', 'ipv6_address', 'string'],
  any: undefined,
  boolean: ['boolean'],
  evr_string: ['evr_string'],
  int: ['int'],
  record: ['record'],
  string: ['string'],
}

function complaintsAbout(testType: TestType): string[] {
  const standard = standardItemOf(testType)
  if (standard === undefined) return notInStandard.has(testType.name) ? [] : [`${testType.name} is not in the standard`]
  const declared = Object.keys(testType.item)
  const expected = Object.keys(standard).filter((entity) => !notOnLinux.has(entity))
  const complaints = [
    ...declared
      .filter((entity) => standard[entity] === undefined)
      .map((entity) => `declares ${entity}, which is not the standard’s`),
    ...expected.filter((entity) => !declared.includes(entity)).map((entity) => `lacks ${entity}`),
    ...Object.entries(testType.item).flatMap(([entity, datatype]) => {
      const allowed = declarable[standard[entity] ?? 'any']
      return allowed === undefined || allowed.includes(datatype) ? [] : [`has ${entity} as ${datatype}`]
    }),
  ]
  const order = expected.filter((entity) => declared.includes(entity)).join()
  if (complaints.length === 0 && declared.join() !== order) complaints.push('has its entities in another order')
  return complaints.map((complaint) => `${testType.name} ${complaint}`)
}

test('every test type declares the entities of the standard’s item, in its order and datatypes', () => {
  assert.ok(testTypes.length > 30, 'the registry is nearly empty')
  assert.deepEqual(testTypes.flatMap(complaintsAbout), [])
})

test('every test type has a description, a name of its own, a test and, where it asks anything, a recording', () => {
  const asksNothing = new Set(['independent/sql', 'independent/sql57', 'unix/gconf'])
  // Walks over files are not recorded; their tests walk real folders.
  const walks = new Set([
    'independent/textfilecontent',
    'unix/fileextendedattribute',
    'independent/filehash',
    'independent/filehash58',
    'independent/xmlfilecontent',
    'independent/yamlfilecontent',
    'unix/file',
    'unix/symlink',
  ])
  const excused = new Set(['independent/textfilecontent54'])
  const complaints = testTypes.flatMap(({ name, description }) => [
    ...(/^[A-Z].*\.$/.test(description) ? [] : [`${name} needs a sentence of description`]),
    ...(excused.has(name) || existsSync(new URL(`${name}.test.ts`, folder)) ? [] : [`${name} needs a test`]),
    ...(asksNothing.has(name) || excused.has(name) || walks.has(name) || hasRecording(name)
      ? []
      : [`${name} needs a recording`]),
  ])
  assert.deepEqual(complaints, [])
  assert.equal(new Set(testTypes.map(({ name }) => name)).size, testTypes.length)
})

function hasRecording(name: string): boolean {
  const recordings = new URL(`${name}.fixtures/`, folder)
  return existsSync(recordings) && readdirSync(recordings).some((file) => file.endsWith('.json'))
}

const schemas = '/usr/share/openscap/schemas/oval/5.11.2'
const withoutSchemas =
  existsSync(schemas) || process.env['CI'] === 'true' ? false : 'the OVAL schemas (openscap-common) are not installed'

test('the list of the standard’s entities is what the schemas say', { skip: withoutSchemas }, () => {
  const found: Record<string, string[]> = {}
  for (const family of ['independent', 'linux', 'unix']) {
    const text = readFileSync(`${schemas}/${family}-system-characteristics-schema.xsd`, 'utf8')
    for (const [, , item = '', body = ''] of text.matchAll(itemDeclaration)) {
      found[`${family}/${item}`] = [...body.matchAll(/<xsd:element name="(\w+)"/g)].map(([, entity]) => entity ?? '')
    }
  }
  const listed = Object.fromEntries(Object.entries(standardItems).map(([name, item]) => [name, Object.keys(item)]))
  assert.deepEqual(found, listed)
})

/** An item at the top of a schema, to the end tag with the same indentation. */
const itemDeclaration = /^( *)<xsd:element name="(\w+)_item"[^>]*>([\s\S]*?)^\1<\/xsd:element>/gm
