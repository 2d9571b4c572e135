import { test } from 'node:test'
import type { Check, Existence, Operator, Status } from '@plumbline/scap'
import { compareTests } from './compare-tests.ts'
import type { Exception } from './differences.ts'
import type { TestCase } from './documents.ts'
import { refereeSkip } from './referee.ts'

const skip = refereeSkip()
const CHECKS: readonly Check[] = ['all', 'at least one', 'none satisfy', 'only one']
const OPERATORS: readonly Operator[] = ['AND', 'OR', 'ONE', 'XOR']
const EXISTENCES: readonly Existence[] = ['all_exist', 'any_exist', 'none_exist', 'only_one_exists']

const entity = (value: string, status?: Status) => ({ value, ...(status && { status }) })
const ENTITIES = [
  [],
  [entity('a')],
  [entity('b')],
  [entity('a'), entity('a')],
  [entity('a'), entity('b')],
  [entity('a'), entity('b'), entity('a')],
  [entity('', 'does not exist')],
  [entity('a'), entity('', 'does not exist')],
  [entity('', 'error')],
  [entity('a'), entity('', 'error')],
  [entity('b'), entity('', 'error')],
  [entity('', 'not collected')],
  [entity('a'), entity('', 'not collected')],
]

const hasStatus = (each: TestCase, ...statuses: Status[]) =>
  each.items?.some(({ entities }) =>
    entities.some(({ status }) => status !== undefined && statuses.includes(status)),
  ) === true

const UNREAD: Exception<TestCase> = {
  clause: 'StatusEnumeration: an entity that could not be read is an error, one that was not collected is unknown',
  covers: (each) => hasStatus(each, 'error', 'not collected'),
}

test('entity checks and state operators give the verdicts of the referee', { skip }, (t) => {
  const cases: TestCase[] = CHECKS.flatMap((entityCheck) =>
    OPERATORS.flatMap((operator) =>
      ENTITIES.flatMap((entities) =>
        [['a'], ['a', 'b'], ['a', 'a', 'x']].map((values) => ({
          items: [{ entities }],
          states: [{ operator, entities: values.map((value) => ({ value, entityCheck })) }],
        })),
      ),
    ),
  )
  compareTests(t, cases, [UNREAD])
})

test('several states on several items give the verdicts of the referee', { skip }, (t) => {
  const items = (...values: string[]) => values.map((value) => ({ entities: value === '' ? [] : [{ value }] }))
  const cases: TestCase[] = CHECKS.flatMap((check) =>
    OPERATORS.flatMap((stateOperator) =>
      [
        items('ab'),
        items('a', 'b'),
        items('ab', 'c'),
        items('c'),
        items('a', ''),
        items('', ''),
        items('ab', 'ab', 'x'),
      ].map((found) => ({
        check,
        stateOperator,
        items: found,
        states: ['a', 'b'].map((value) => ({ entities: [{ value, operation: 'pattern match' as const }] })),
      })),
    ),
  )
  compareTests(t, cases, [
    {
      clause: 'CheckEnumeration, at least one; OperatorEnumeration, OR: false and unknown together are unknown',
      covers: ({ check }, referee) => check === 'at least one' && referee === 'error',
    },
  ])
})

test('the existence of entities is judged by the entities of that name', { skip }, (t) => {
  const cases: TestCase[] = EXISTENCES.flatMap((checkExistence) =>
    CHECKS.flatMap((entityCheck) =>
      ENTITIES.map((entities) => ({
        items: [{ entities }],
        states: [{ entities: [{ value: 'a', entityCheck, checkExistence }] }],
      })),
    ),
  )
  compareTests(t, cases, [
    UNREAD,
    {
      clause: 'EntityStateSimpleBaseType, check_existence: it counts the corresponding entities, not all of the item',
      covers: () => true,
    },
  ])
})

test('var_check says nothing of an entity without a variable', { skip }, (t) => {
  const cases: TestCase[] = CHECKS.flatMap((varCheck) =>
    [['a'], ['b'], ['a', 'b']].map((values) => ({
      items: [{ entities: values.map((value) => ({ value })) }],
      states: [{ entities: [{ value: 'a', varCheck }] }],
    })),
  )
  compareTests(t, cases)
})
