import { test } from 'node:test'
import type { Datatype, XmlWriter } from '@plumbline/scap'
import { assertAgreement } from './differences.ts'
import { documentsOf, testId, variableId } from './documents.ts'
import { askOurselves, askReferee, refereeSkip } from './referee.ts'

type Allow = (writer: XmlWriter) => unknown
const value =
  (text: string): Allow =>
  (writer) =>
    writer.element('possible_value', { hint: 'h' }, text)
const restriction =
  (operator: 'AND' | 'OR', ...parts: readonly (readonly [operation: string, bound: string])[]): Allow =>
  (writer) => {
    writer.open('possible_restriction', { hint: 'h', operator })
    for (const [operation, bound] of parts) writer.element('restriction', { operation }, bound)
    writer.close()
  }
const between = restriction('AND', ['greater than', '1'], ['less than', '5'])
const outside = restriction('OR', ['less than', '1'], ['greater than', '5'])

/** What an external variable allows, and what it is given; the item that it is held against has the first value. */
const CASES: readonly (readonly [datatype: Datatype, allowed: readonly Allow[], given: readonly string[]])[] = [
  ['string', [], ['a']],
  ['string', [], []],
  ['string', [value('a'), value('b')], ['a']],
  ['string', [value('b')], ['a']],
  ['string', [value('a')], ['a', 'b']],
  ['string', [restriction('AND', ['pattern match', '^a'])], ['a']],
  ['string', [restriction('AND', ['pattern match', '^b'])], ['a']],
  ['int', [between], ['3']],
  ['int', [between], ['7']],
  ['int', [outside], ['7']],
  ['int', [outside], ['3']],
  ['int', [between, outside], ['7']],
  ['int', [value('5'), outside], ['5']],
  ['int', [value('5'), outside], ['4']],
  ['int', [value('03')], ['3']],
  ['int', [], ['x']],
  ['boolean', [], ['yes']],
]

test('external variables take only values that they allow', { skip: refereeSkip() }, (t) => {
  const documents = documentsOf(
    CASES.map(([datatype, , given], i) => ({
      items: [{ entities: [{ datatype, value: given[0] ?? 'a' }] }],
      states: [{ entities: [{ datatype, varRef: variableId(i), varCheck: 'at least one' as const }] }],
    })),
    {
      variables: (writer) =>
        CASES.forEach(([datatype, allowed], i) => {
          writer.open('external_variable', { id: variableId(i), version: 1, datatype, comment: 'c' })
          for (const allow of allowed) allow(writer)
          writer.close()
        }),
    },
  )
  const bound = CASES.map(([datatype, , given], i) =>
    given.length === 0
      ? ''
      : `<variable id="${variableId(i)}" datatype="${datatype}" comment="c">${given.map((text) => `<value>${text}</value>`).join('')}</variable>`,
  )
  const all = {
    ...documents,
    variables: `<oval_variables xmlns="http://oval.mitre.org/XMLSchema/oval-variables-5" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5"><generator><oval:schema_version>5.11.1</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator><variables>${bound.join('')}</variables></oval_variables>`,
  }
  const [referee, ours] = [askReferee(all), askOurselves(all)]
  assertAgreement(
    t,
    CASES.map(([datatype, , given], i) => ({
      each: `${i}: ${datatype} ${given.join()}`,
      referee: referee.tests[testId(i)],
      ours: ours.tests[testId(i)],
    })),
    [
      {
        clause: 'external_variable, datatype: values are of the datatype, and 03 is the int 3',
        covers: (each) => each === '14: int 3',
      },
      {
        clause: 'SimpleDatatypeEnumeration, boolean: true, false, 1, 0; nothing else can be cast',
        covers: (each) => each.endsWith('boolean yes'),
      },
    ],
  )
})
