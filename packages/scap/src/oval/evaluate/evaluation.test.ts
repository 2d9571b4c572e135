import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readXml } from '../../xml/read.ts'
import type { CollectedObject } from '../model/system-characteristics.ts'
import { parseOval } from '../parse.ts'
import { createEvaluation } from './evaluation.ts'

const namespace = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'

/** A file's name and the line in it come from variables: of the object, its filter and the state. */
const content = parseOval(
  readXml(
    new TextEncoder().encode(`
<oval_definitions xmlns="${namespace}" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5" xmlns:i="${namespace}#independent">
<generator><oval:schema_version>5.11.2</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions>
<definition id="oval:x:def:1" version="1" class="compliance"><metadata><title>one</title><description>d</description></metadata>
<criteria operator="OR"><criterion test_ref="oval:x:tst:1" negate="true"/><criteria><extend_definition definition_ref="oval:x:def:2"/></criteria></criteria></definition>
<definition id="oval:x:def:2" version="1" class="compliance"><metadata><title>two</title><description>d</description></metadata>
<criteria><criterion test_ref="oval:x:tst:1"/></criteria></definition>
<definition id="oval:x:def:3" version="1" class="compliance"><metadata><title>three</title><description>d</description></metadata></definition>
</definitions>
<tests><i:textfilecontent54_test id="oval:x:tst:1" version="1" check="all" comment="c"><i:object object_ref="oval:x:obj:1"/><i:state state_ref="oval:x:ste:1"/></i:textfilecontent54_test></tests>
<objects><i:textfilecontent54_object id="oval:x:obj:1" version="1"><i:filepath var_ref="oval:x:var:1"/><i:pattern operation="pattern match">.+</i:pattern><i:instance datatype="int">1</i:instance>
<filter action="exclude">oval:x:ste:2</filter></i:textfilecontent54_object></objects>
<states><i:textfilecontent54_state id="oval:x:ste:1" version="1"><i:text var_ref="oval:x:var:2"/></i:textfilecontent54_state>
<i:textfilecontent54_state id="oval:x:ste:2" version="1"><i:text var_ref="oval:x:var:3"/></i:textfilecontent54_state></states>
<variables>${[1, 2, 3].map((at) => `<external_variable id="oval:x:var:${at}" version="1" datatype="string" comment="c"/>`).join('')}</variables>
</oval_definitions>`),
    'x.xml',
  ),
)

/** For each operator a definition on two tests of its own: the first true (for AND negated), the second an error. */
const severalTests = parseOval(
  readXml(
    new TextEncoder().encode(`
<oval_definitions xmlns="${namespace}" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5" xmlns:i="${namespace}#independent">
<generator><oval:schema_version>5.11.2</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions>${['AND', 'OR', 'ONE', 'XOR']
      .map(
        (
          operator,
        ) => `<definition id="oval:${operator}:def:1" version="1" class="compliance"><metadata><title>t</title><description>d</description></metadata>
<criteria operator="${operator}"><criterion test_ref="oval:${operator}:tst:1" negate="${operator === 'AND'}"/><criterion test_ref="oval:${operator}:tst:2"/></criteria></definition>`,
      )
      .join('')}</definitions>
<tests>${['AND', 'OR', 'ONE', 'XOR']
      .flatMap((operator) =>
        [1, 2].map(
          (at) =>
            `<i:textfilecontent54_test id="oval:${operator}:tst:${at}" version="1" check="all" comment="c"><i:object object_ref="oval:${operator}:obj:${at}"/></i:textfilecontent54_test>`,
        ),
      )
      .join('')}</tests>
<objects>${['AND', 'OR', 'ONE', 'XOR']
      .flatMap((operator) =>
        [1, 2].map(
          (at) =>
            `<i:textfilecontent54_object id="oval:${operator}:obj:${at}" version="1"><i:filepath>/${at}</i:filepath><i:pattern operation="pattern match">.+</i:pattern><i:instance datatype="int">1</i:instance></i:textfilecontent54_object>`,
        ),
      )
      .join('')}</objects>
</oval_definitions>`),
    'x.xml',
  ),
)

const line: CollectedObject = {
  flag: 'complete',
  messages: [],
  collectedAt: '2026-01-01T00:00:00Z',
  items: [
    {
      testType: 'independent/textfilecontent54',
      status: 'exists',
      entities: [{ name: 'text', datatype: 'string', status: 'exists', value: 'yes' }],
    },
  ],
}

const evaluate = (file: string, expected: string, dropped: string) =>
  createEvaluation({
    content,
    source: { find: () => line },
    externalVariables: { 'oval:x:var:1': [file], 'oval:x:var:2': [expected], 'oval:x:var:3': [dropped] },
  })

test('what one evaluation prepared does not reach one with other values of variables', () => {
  const said = [
    ['/one', 'yes', '-'],
    ['/one', 'no', '-'],
    ['/two', 'yes', '-'],
    ['/two', 'yes', '+'],
    ['/one', 'yes', '-'],
  ].map(([file, expected, dropped]) => {
    const evaluation = evaluate(file!, expected!, dropped!)
    const { digest, entities, filters } = evaluation.resolveObject('oval:x:obj:1')
    return {
      result: evaluation.result('oval:x:def:2'),
      asked: [entities[0]?.values, filters[0]?.state.entities[0]?.values],
      digest,
    }
  })
  assert.deepEqual(
    said.map(({ result, asked }) => [result, asked]),
    [
      ['true', [['/one'], ['-']]],
      ['false', [['/one'], ['-']]],
      ['true', [['/two'], ['-']]],
      ['true', [['/two'], ['+']]],
      ['true', [['/one'], ['-']]],
    ],
  )
  assert.equal(new Set(said.map(({ digest }) => digest)).size, 3)
})

test('evaluations of one document side by side do not disturb each other', () => {
  const [one, other] = [evaluate('/one', 'yes', '-'), evaluate('/one', 'no', '-')]
  assert.deepEqual(
    ['oval:x:def:2', 'oval:x:def:1'].map((id) => [one.result(id), other.result(id)]),
    [
      ['true', 'false'],
      ['true', 'true'],
    ],
  )
})

test('a result alone is that of the tree', () => {
  const evaluation = evaluate('/one', 'no', '-')
  for (const id of ['oval:x:def:1', 'oval:x:def:2', 'oval:x:def:3', 'oval:x:def:404']) {
    assert.equal(evaluation.result(id), evaluation.definition(id).result)
  }
  const { criteria } = evaluation.definition('oval:x:def:1')
  assert.deepEqual([criteria?.result, criteria?.children.map(({ result }) => result)], ['true', ['true', 'false']])
})

test('a test that cannot change a result is not looked at, and has its own in the tree all the same', () => {
  const asked: string[] = []
  const found = (objectId: string): CollectedObject => {
    asked.push(objectId)
    return objectId.endsWith(':obj:2') ? { ...line, flag: 'error', items: [] } : line
  }
  const evaluation = createEvaluation({
    content: severalTests,
    source: { find: (_digest, objectId) => found(objectId) },
  })
  assert.deepEqual(
    ['AND', 'OR', 'ONE', 'XOR'].map((operator) => {
      asked.length = 0
      return [operator, evaluation.result(`oval:${operator}:def:1`), asked.length]
    }),
    [
      ['AND', 'false', 1],
      ['OR', 'true', 1],
      ['ONE', 'error', 2],
      ['XOR', 'error', 2],
    ],
  )
  const { criteria } = evaluation.definition('oval:OR:def:1')
  assert.deepEqual([criteria?.result, criteria?.children.map(({ result }) => result)], ['true', ['true', 'error']])
})

test('a test whose object is of another kind is unknown, and says so', () => {
  const wrong = {
    ...content,
    tests: { 'oval:x:tst:1': { ...content.tests['oval:x:tst:1']!, testType: 'unix/file' as const } },
  }
  const evaluation = createEvaluation({ content: wrong, source: { find: () => undefined } })
  assert.equal(evaluation.result('oval:x:def:2'), 'unknown')
  assert.match(evaluation.test('oval:x:tst:1').messages.join(), /unix\/file.*independent\/textfilecontent54/)
})
