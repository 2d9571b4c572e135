import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import {
  attribute,
  createEvaluation,
  descendants,
  mentionedBy,
  parseOval,
  parseSystemCharacteristics,
  readXml,
  sourceById,
  writeElement,
  writeOvalResults,
  writeSystemCharacteristics,
  writeXml,
} from '@plumbline/scap'
import type { OvalContent, OvalObject, XmlElement } from '@plumbline/scap'
import { readVerdicts, refereeSkip } from './referee.ts'
import { assertReplays } from './replay.ts'

/** Of Debian's packages; others can be named, separated by blanks, to look at more. */
const STREAMS = (
  process.env['CONFORMANCE_STREAM'] ??
  ['debian11', 'chromium'].map((name) => `/usr/share/xml/scap/ssg/content/ssg-${name}-ds.xml`).join(' ')
).split(' ')
/** All definitions, also those for which the referee walks the file system for a minute. */
const isFull = process.env['CONFORMANCE_FULL'] === '1'

function skipFor(stream: string): string | false {
  if (existsSync(stream)) return refereeSkip()
  if (process.env['CI'] === 'true') throw new Error(`${stream} is missing: install the ssg packages`)
  return `${stream} is not installed`
}

const folder = mkdtempSync(join(tmpdir(), 'plumbline-published-'))
after(() => rmSync(folder, { recursive: true }))
const path = (name: string) => join(folder, name)

/** The stream's checks as a document of their own, without what takes the referee long to collect. */
function reducedDefinitions(file: string): XmlElement {
  const stream = readXml(readFileSync(file), file)
  const documents = [...descendants(stream)].filter(({ name }) => name === 'oval_definitions')
  const root = documents.toSorted((a, b) => b.content.length - a.content.length || size(b) - size(a))[0]!
  const content = parseOval(root)
  const kept = Object.keys(content.definitions).filter((id) => isFull || isQuick(content, id))
  const ids = new Set(Object.values(mentionedBy(content, kept)).flat())
  return {
    ...root,
    content: root.children.flatMap((section) => {
      if (section.name === 'generator') return [section]
      const children = section.children.filter((each) => ids.has(attribute(each, 'id') ?? ''))
      // A section without anything in it is not valid.
      return children.length === 0 ? [] : [{ ...section, children, content: children }]
    }),
  }
}

function size(element: XmlElement): number {
  return element.children.reduce((sum, { children }) => sum + children.length, 0)
}

function isQuick(content: OvalContent, definitionId: string): boolean {
  return mentionedBy(content, [definitionId]).objects.every((id) => !walks(content.objects[id]!))
}

function walks({ testType, behaviors, entities }: OvalObject): boolean {
  if (testType === 'unix/file' || testType === 'linux/systemdunitdependency') return true
  return behaviors['recurse_direction'] !== undefined || entities.some(({ value }) => value.startsWith('^/proc'))
}

function oscap(...args: readonly string[]): void {
  const { status, stderr, stdout } = spawnSync('oscap', ['oval', ...args], {
    encoding: 'utf8',
    // Debian's build checks its own lists again and again; the verdicts are the same without.
    env: { ...process.env, SEXP_VALIDATE_DISABLE: '1' },
    maxBuffer: 1 << 28,
  })
  assert.equal(status, 0, `oscap oval ${args.join(' ')}: ${stdout.slice(-500)}${stderr.slice(-500)}`)
}

for (const stream of STREAMS) {
  const name = `${basename(stream)}, collected by the referee, gets its verdicts; what we write, it reads`
  test(name, { skip: skipFor(stream) }, (t) => compareWith(stream, t))
}

function compareWith(stream: string, t: TestContext): void {
  const root = reducedDefinitions(stream)
  const content = parseOval(root)
  writeFileSync(
    path('definitions.xml'),
    writeXml((writer) => writeElement(writer, root)),
  )
  const isValid = spawnSync('oscap', ['oval', 'validate', path('definitions.xml')]).status === 0
  const skipping = isValid ? [] : ['--skip-validation']
  oscap('collect', ...skipping, '--syschar', path('collected.xml'), path('definitions.xml'))
  oscap('analyse', ...skipping, '--results', path('results.xml'), path('definitions.xml'), path('collected.xml'))
  const referee = readVerdicts(readFileSync(path('results.xml')))

  const collected = parseSystemCharacteristics(readXml(readFileSync(path('collected.xml')), 'collected.xml'))
  const evaluation = createEvaluation({ content, source: sourceById(collected) })
  const ours = {
    definitions: Object.fromEntries(Object.keys(referee.definitions).map((id) => [id, evaluation.result(id)])),
    tests: Object.fromEntries(Object.keys(referee.tests).map((id) => [id, evaluation.test(id).result])),
  }
  assert.deepEqual(differences(ours, referee), [])
  assertReplays({ content, evaluation }, Object.keys(ours.definitions))
  assert.ok(Object.keys(ours.definitions).length > 5)
  t.diagnostic(
    `${Object.keys(ours.definitions).length} definitions, ${Object.keys(ours.tests).length} tests, none differs`,
  )

  const input = {
    content,
    evaluation,
    systemInfo: collected.systemInfo,
    generator: { productName: 'plumbline', productVersion: '0', timestamp: '2026-01-01T00:00:00Z' },
  }
  writeFileSync(
    path('ours.xml'),
    writeXml((writer) => writeSystemCharacteristics(writer, input)),
  )
  writeFileSync(
    path('our-results.xml'),
    writeXml((writer) =>
      writeOvalResults(writer, { ...input, writeDefinitions: (inner) => writeElement(inner, root) }),
    ),
  )
  oscap('validate', '--syschar', path('ours.xml'))
  // Results contain the definitions, and some that are published are not valid by the schema of their own version.
  if (isValid) oscap('validate', '--results', '--schematron', path('our-results.xml'))
  else t.diagnostic('the definitions are not valid by the schema that they name')
  oscap('analyse', ...skipping, '--results', path('again.xml'), path('definitions.xml'), path('ours.xml'))
  const again = readVerdicts(readFileSync(path('again.xml')))
  assert.deepEqual(differences(ours, again), [])
}

/**
 * OVAL definitions schema, datatype of a state's entity: it says how values are compared. The referee compares those of a
 * variable by the datatype of the item, and has no order of strings: an error.
 */
const orderedByVariable = /shell_defined_\w+_uid_range|no_shelllogin_for_systemaccounts/

type Results = Pick<ReturnType<typeof readVerdicts>, 'definitions' | 'tests'>

/** What both say of each definition and test of which they do not say the same. */
function differences(ours: Results, referee: Results): string[] {
  const kinds = [
    [ours.definitions, referee.definitions],
    [ours.tests, referee.tests],
  ] as const
  return kinds.flatMap(([mine, theirs]) =>
    [...new Set([...Object.keys(mine), ...Object.keys(theirs)])]
      .filter((id) => mine[id] !== theirs[id] && !(theirs[id] === 'error' && orderedByVariable.test(id)))
      .map((id) => `${id}: ${mine[id]}, oscap ${theirs[id]}`),
  )
}
