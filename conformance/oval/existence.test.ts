import { test } from 'node:test'
import type { Check, Existence, Flag, Status } from '@plumbline/scap'
import { compareTests } from './compare-tests.ts'
import type { Exception } from './differences.ts'
import type { TestCase } from './documents.ts'
import { refereeSkip } from './referee.ts'

const FLAGS: readonly Flag[] = ['complete', 'does not exist', 'error', 'incomplete', 'not applicable', 'not collected']
const EXISTENCES: readonly Existence[] = [
  'all_exist',
  'any_exist',
  'at_least_one_exists',
  'none_exist',
  'only_one_exists',
]
const CHECKS: readonly Check[] = ['all', 'at least one', 'none satisfy', 'only one']

const item = (value: string, status?: Status) => ({
  ...(status && { status }),
  entities: value === '' ? [] : [{ value }],
})
const ITEMS: readonly NonNullable<TestCase['items']>[] = [
  [],
  [item('a')],
  [item('b')],
  [item('a'), item('a2')],
  [item('a'), item('b')],
  [item('', 'error')],
  [item('a'), item('', 'error')],
  [item('b'), item('', 'error')],
  [item('', 'does not exist')],
  [item('a'), item('', 'does not exist')],
  [item('', 'not collected')],
  [item('a'), item('', 'not collected')],
]
const STATE = [{ entities: [{ value: 'a', operation: 'pattern match' as const }] }]

const cases: TestCase[] = FLAGS.flatMap((flag) =>
  EXISTENCES.flatMap((checkExistence) =>
    CHECKS.flatMap((check) =>
      [[], STATE].flatMap((states) =>
        ITEMS.filter((items) => flag !== 'does not exist' || items.length === 0).map((items) => ({
          flag,
          checkExistence,
          check,
          states,
          items,
        })),
      ),
    ),
  ),
)

const has = (each: TestCase, status: Status) => each.items?.some((found) => found.status === status) === true
const EXCEPTIONS: readonly Exception<TestCase>[] = [
  {
    clause: 'ExistenceEnumeration: an item that was not collected makes existence unknown, not false',
    covers: (each) => has(each, 'not collected'),
  },
  {
    clause: 'TestType, check: items that do not exist are ignored, they are not false',
    covers: (each) => has(each, 'does not exist'),
  },
  {
    clause: 'ExistenceEnumeration, none_exist: an item that exists makes it false, whatever failed beside it',
    covers: (each) => each.checkExistence === 'none_exist' && has(each, 'error'),
  },
  {
    clause: 'TestType, check_existence: asking for none, or for any number, is satisfied when nothing exists',
    covers: (each) => each.flag === 'complete' && each.items?.length === 0,
  },
]

test('flags, existence and checks give the verdicts of the referee', { skip: refereeSkip() }, (t) => {
  compareTests(t, cases, EXCEPTIONS)
})
