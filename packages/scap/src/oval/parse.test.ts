import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError } from '../errors.ts'
import { readXml } from '../xml/read.ts'
import { parseOval } from './parse.ts'

const namespace = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
const definition = (number: number, inside: string): string =>
  `<definition id="oval:x:def:${number}" version="1" class="compliance"><metadata><title>t</title><description>d</description></metadata><criteria>${inside}</criteria></definition>`
const familyTest = (number: number, object = 1): string =>
  `<i:family_test id="oval:x:tst:${number}" version="1" check="all" comment="t"><i:object object_ref="oval:x:obj:${object}"/></i:family_test>`
const criterion = '<criterion test_ref="oval:x:tst:1"/>'
const extend = (number: number): string => `<extend_definition definition_ref="oval:x:def:${number}"/>`
const object = '<i:family_object id="oval:x:obj:1" version="1"/>'
const local = (number: number, of: number): string =>
  `<local_variable id="oval:x:var:${number}" version="1" datatype="string" comment="c"><variable_component var_ref="oval:x:var:${of}"/></local_variable>`
const setOf = (number: number, of: number): string =>
  `<i:family_object id="oval:x:obj:${number}" version="1"><set><object_reference>oval:x:obj:${of}</object_reference></set></i:family_object>`

interface Sections {
  readonly definitions?: readonly string[]
  readonly tests?: readonly string[]
  readonly objects?: readonly string[]
  readonly variables?: readonly string[]
}

/** Each section in a line of its own, each thing in one further down. */
const document = (sections: Sections): string => {
  const {
    definitions = [definition(1, criterion)],
    tests = [familyTest(1)],
    objects = [object],
    variables = [],
  } = sections
  const section = (name: string, things: readonly string[]): string =>
    things.length === 0 ? '' : `<${name}>\n${things.map((thing) => `  ${thing}\n`).join('')}</${name}>\n`
  return `<oval_definitions xmlns="${namespace}" xmlns:i="${namespace}#independent">\n${section('definitions', definitions)}${section('tests', tests)}${section('objects', objects)}${section('variables', variables)}</oval_definitions>`
}

const refused: readonly (readonly [what: string, sections: Sections, code: string, id: string, line: number])[] = [
  [
    'a definition twice',
    { definitions: [definition(1, criterion), definition(1, criterion)] },
    'content-duplicate-id',
    'oval:x:def:1',
    4,
  ],
  ['a test twice', { tests: [familyTest(1), familyTest(1)] }, 'content-duplicate-id', 'oval:x:tst:1', 7],
  ['an object twice', { objects: [object, object] }, 'content-duplicate-id', 'oval:x:obj:1', 10],
  ['a variable twice', { variables: [local(1, 2), local(1, 2)] }, 'content-duplicate-id', 'oval:x:var:1', 13],
  [
    'a test that there is not',
    { definitions: [definition(1, '<criterion test_ref="oval:x:tst:9"/>')] },
    'content-dangling-reference',
    'oval:x:def:1',
    3,
  ],
  ['an object that there is not', { tests: [familyTest(1, 9)] }, 'content-dangling-reference', 'oval:x:tst:1', 6],
  [
    'a definition that there is not',
    { definitions: [definition(1, extend(9))] },
    'content-dangling-reference',
    'oval:x:def:1',
    3,
  ],
  ['a variable that there is not', { variables: [local(1, 9)] }, 'content-dangling-reference', 'oval:x:var:1', 12],
  [
    'a definition that extends itself',
    { definitions: [definition(1, extend(1))] },
    'content-circular-reference',
    'oval:x:def:1',
    3,
  ],
  [
    'definitions that extend each other',
    { definitions: [definition(1, criterion), definition(2, extend(3)), definition(3, extend(2))] },
    'content-circular-reference',
    'oval:x:def:3',
    5,
  ],
  [
    'variables that need each other',
    { variables: [local(1, 2), local(2, 1)] },
    'content-circular-reference',
    'oval:x:var:2',
    13,
  ],
  [
    'sets that hold each other',
    { objects: [object, setOf(2, 3), setOf(3, 2)] },
    'content-circular-reference',
    'oval:x:obj:3',
    11,
  ],
]

for (const [what, sections, code, id, line] of refused) {
  test(`${what}: refused with file, line and column`, () => {
    const root = readXml(document(sections), 'definitions.xml')
    assert.throws(
      () => parseOval(root),
      (error: unknown) => {
        assert.ok(error instanceof ContentError, String(error))
        const { file, column } = error
        assert.deepEqual(
          { code: error.code, id: error.id, file, line: error.line },
          { code, id, file: 'definitions.xml', line },
        )
        assert.ok(column !== undefined && column >= 3, `column ${column}`)
        return true
      },
    )
  })
}

test('what refers to each other without a circle is read', () => {
  const { definitions } = parseOval(
    readXml(
      document({
        definitions: [definition(1, criterion), definition(2, extend(1)), definition(3, extend(1) + extend(2))],
      }),
      'definitions.xml',
    ),
  )
  assert.deepEqual(Object.keys(definitions), ['oval:x:def:1', 'oval:x:def:2', 'oval:x:def:3'])
})
