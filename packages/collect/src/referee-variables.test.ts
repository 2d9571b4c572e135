import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseOval, readXml } from '@plumbline/scap'
import type { CollectedObject, Item } from '@plumbline/scap'
import { collectOurs, collectTheirs, documentOf, withoutReferee } from './testing/referee.ts'

/** An object with one entity, left as `?`, that takes its values from a variable; of several the operation, too. */
interface Asked {
  readonly type: string
  readonly body: string
  readonly values: readonly string[]
  readonly datatype?: 'int'
}

function objectsFor(folder: string): readonly Asked[] {
  const lines = '<ind:pattern operation="pattern match">key</ind:pattern>'
  const each = '<ind:instance datatype="int" operation="greater than or equal">1</ind:instance>'
  const [path, filename] = [`<unix:path>${folder}</unix:path>`, '<unix:filename>a</unix:filename>']
  return [
    { type: 'ind:textfilecontent54', body: `<ind:filepath ?/>${lines}${each}`, values: [`${folder}/a`, `${folder}/b`] },
    {
      type: 'ind:textfilecontent54',
      body: `<ind:filepath>${folder}/a</ind:filepath><ind:pattern operation="pattern match" ?/>${each}`,
      values: ['key', 'value'],
    },
    ...['equals', 'greater than or equal'].map(
      (operation): Asked => ({
        type: 'ind:textfilecontent54',
        body: `<ind:filepath>${folder}/a</ind:filepath>${lines}<ind:instance datatype="int" operation="${operation}" ?/>`,
        values: ['1', '2'],
        datatype: 'int',
      }),
    ),
    {
      type: 'ind:xmlfilecontent',
      body: `<ind:filepath>${folder}/x</ind:filepath><ind:xpath ?/>`,
      values: ['/x/@a', '/x/@b'],
    },
    { type: 'unix:file', body: '<unix:filepath ?/>', values: [`${folder}/a`, `${folder}/none`] },
    { type: 'unix:file', body: `<unix:path ?/>${filename}`, values: [folder, `${folder}/d`] },
    ...['equals', 'not equal', 'case insensitive equals', 'pattern match'].map(
      (operation): Asked => ({
        type: 'unix:file',
        body: `${path}<unix:filename operation="${operation}" ?/>`,
        values: ['a', 'b'],
      }),
    ),
    { type: 'unix:file', body: `${path}<unix:filename operation="pattern match" ?/>`, values: ['^l', 'k$'] },
    {
      type: 'unix:file',
      body: `<unix:filepath operation="pattern match" ?/>`,
      values: [`^${folder}/.*`, `^${folder}/d/a$`],
    },
    ...['equals', 'not equal', 'pattern match'].map(
      (operation): Asked => ({
        type: 'unix:password',
        body: `<unix:username operation="${operation}" ?/>`,
        values: ['root', 'daemon'],
      }),
    ),
    { type: 'unix:sysctl', body: '<unix:name ?/>', values: ['kernel.ostype', 'kernel.osrelease'] },
    { type: 'unix:symlink', body: '<unix:filepath ?/>', values: [`${folder}/link`, `${folder}/d/link`] },
    { type: 'linux:dpkginfo', body: '<linux:name ?/>', values: ['bash', 'dpkg'] },
  ]
}

/**
 * A walk for what none of several paths names would look at the whole machine, and parameters of the kernel come and go.
 * Packages and links are asked for by their names, whatever the check.
 */
const isBounded = ({ body }: Asked, check: string): boolean =>
  check === 'all' || check === 'at least one' || !/<unix:path \?|filepath[^>]*\?|<unix:name \?/.test(body)

/** What tells it from others: looking at a link changes its time. */
const tellItem = ({ entities }: Item): string =>
  entities
    .filter(({ name }) => /^(?:filepath|instance|text|username|name|canonical_path|value_of)$/.test(name))
    .map(({ value }) => value)
    .join(' ')

test(
  'of several values var_check says how many must hold, as the referee has it',
  { skip: withoutReferee },
  async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'plumbline-variables-')))
    try {
      mkdirSync(join(folder, 'd'))
      for (const name of ['a', 'b', 'd/a']) writeFileSync(join(folder, name), 'key value\nkey\nkey\n')
      writeFileSync(join(folder, 'x'), '<x a="1" b="2"/>')
      for (const name of ['link', 'd/link']) symlinkSync('a', join(folder, name))
      const cases = ['all', 'at least one', 'only one', 'none satisfy'].flatMap((check) =>
        objectsFor(folder).flatMap((asked) => (isBounded(asked, check) ? [{ ...asked, check }] : [])),
      )
      const objects = cases.map(
        ({ type, body, check }, at) =>
          `<${type}_object id="oval:x:obj:${at + 1}" version="1">${body.replace('?', `var_ref="oval:x:var:${at + 1}" var_check="${check}"`)}</${type}_object>`,
      )
      const variables = cases.map(
        ({ values, datatype = 'string' }, at) =>
          `<constant_variable id="oval:x:var:${at + 1}" version="1" datatype="${datatype}" comment="c">${values.map((value) => `<value>${value}</value>`).join('\n')}</constant_variable>`,
      )
      const document = documentOf(
        `<objects>${objects.join('\n')}</objects>\n<variables>${variables.join('\n')}</variables>`,
      )
      const referee = collectTheirs(document)
      const ours = await collectOurs(parseOval(readXml(document, 'objects.xml')))
      const told = (all: ReadonlyMap<string, CollectedObject>): string[] =>
        cases.map(({ body, check }, at) => {
          const object = all.get(`oval:x:obj:${at + 1}`)
          const items = new Set(object?.items.map(tellItem))
          return `${body}, ${check}: ${object?.flag}, ${[...items].toSorted().join('; ')}`
        })
      assert.deepEqual(told(ours), told(referee))
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)
