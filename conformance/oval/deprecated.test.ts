import { test } from 'node:test'
import type { Existence, XmlWriter } from '@plumbline/scap'
import { compareTests } from './compare-tests.ts'
import { assertAgreement } from './differences.ts'
import { documentsOf, testId, variableId, type CheckWord, type TestCase } from './documents.ts'
import { askOurselves, askReferee, refereeSkip } from './referee.ts'

const skip = refereeSkip()
const items = (...values: string[]) => values.map((value) => ({ entities: [{ value }] }))
const EXISTENCES: readonly (Existence | undefined)[] = [
  undefined,
  'all_exist',
  'any_exist',
  'at_least_one_exists',
  'none_exist',
  'only_one_exists',
]

test('tests that check "none exist" give the verdicts of the referee', { skip }, (t) => {
  const cases: TestCase[] = EXISTENCES.flatMap((checkExistence) =>
    [[], [{ entities: [{ value: 'a' }] }]].flatMap((states) =>
      (['complete', 'incomplete', 'does not exist', 'error', 'not collected', 'not applicable'] as const).flatMap(
        (flag) =>
          (flag.endsWith('complete') ? [items('a'), items('b'), items('a', 'b')] : [[]]).map((found) => ({
            check: 'none exist' as const,
            ...(checkExistence && { checkExistence }),
            flag,
            states,
            items: found,
          })),
      ),
    ),
  )
  compareTests(t, cases, [
    {
      clause:
        'CheckEnumeration, none exist: true if no object exists that satisfies the data requirements; to the referee any object counts',
      covers: ({ states, items: found }) =>
        states?.length === 1 && found?.every(({ entities }) => entities[0]?.value === 'b') === true,
    },
  ])
})

test('entities that are checked for "none exist" give the verdicts of the referee', { skip }, (t) => {
  const cases: TestCase[] = [['a'], ['b'], ['a', 'b'], []].map((values) => ({
    items: [{ entities: values.map((value) => ({ value })) }],
    states: [{ entities: [{ value: 'a', entityCheck: 'none exist' }] }],
  }))
  compareTests(t, cases, [])
})

const CHECKS: readonly CheckWord[] = ['all', 'at least one', 'none satisfy', 'only one', 'none exist']
const VALUES: readonly (readonly string[])[] = [['a'], ['b'], ['a', 'b'], ['a', 'a'], ['b', 'c'], []]

test('variables of several values are held against items by every var_check', { skip }, (t) => {
  const cases = VALUES.flatMap((values) =>
    CHECKS.flatMap((varCheck) =>
      (['equals', 'not equal', 'pattern match'] as const).flatMap((operation) =>
        [['a'], ['d'], ['a', 'b'], ['a', 'd'], []].flatMap((found) =>
          (['all', 'at least one'] as const).map((entityCheck) => ({
            values,
            items: [{ entities: found.map((value) => ({ value })) }],
            varCheck,
            operation,
            entityCheck,
          })),
        ),
      ),
    ),
  )
  const documents = documentsOf(
    cases.map(({ items: found, varCheck, operation, entityCheck }, i) => ({
      items: found,
      states: [{ entities: [{ varRef: variableId(i), varCheck, operation, entityCheck }] }],
    })),
    {
      variables: (writer: XmlWriter) =>
        cases.forEach(({ values }, i) => {
          writer.open('constant_variable', { id: variableId(i), version: 1, datatype: 'string', comment: 'c' })
          for (const value of values) writer.element('value', {}, value)
          writer.close()
        }),
    },
  )
  const [referee, ours] = [askReferee(documents), askOurselves(documents)]
  assertAgreement(
    t,
    cases.map((each, i) => ({ each, referee: referee.tests[testId(i)], ours: ours.tests[testId(i)] })),
    [],
  )
})
