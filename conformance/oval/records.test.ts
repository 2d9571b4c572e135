import { test } from 'node:test'
import type { Check, Operation, Status } from '@plumbline/scap'
import { compareTests } from './compare-tests.ts'
import type { CaseEntity, TestCase } from './documents.ts'
import { refereeSkip } from './referee.ts'

const skip = refereeSkip()
const CHECKS: readonly Check[] = ['all', 'at least one', 'none satisfy', 'only one']
type Field = CaseEntity & { readonly name: string }

const field = (name: string, value: string, status?: Status): Field => ({ name, value, ...(status && { status }) })
const record = (...fields: Field[]): CaseEntity => ({ fields })
const expecting = (fields: Field[], entityCheck: Check = 'all'): TestCase['states'] => [
  { entities: [{ fields, entityCheck }] },
]

const RECORDS: readonly (readonly CaseEntity[])[] = [
  [],
  [record()],
  [record(field('a', '1'))],
  [record(field('a', '2'))],
  [record(field('a', '1'), field('b', '1'))],
  [record(field('a', '1'), field('b', '2'))],
  [record(field('a', '1'), field('a', '2'))],
  [record(field('a', '', 'does not exist'))],
  [record(field('a', '', 'error'))],
  [record(field('a', '', 'not collected'))],
  [record(field('a', '1')), record(field('a', '1'), field('b', '1'))],
  [record(field('a', '1')), record(field('a', '2'))],
  [record(field('b', '1')), record(field('a', '1'))],
  [{ value: '1' }],
]

test('records are compared field by field as the referee does', { skip }, (t) => {
  const cases = CHECKS.flatMap((entityCheck) =>
    CHECKS.flatMap((fieldCheck) =>
      RECORDS.flatMap((entities) =>
        [[], ['a'], ['a', 'b']].map((names) => ({
          items: [{ entities }],
          states: expecting(
            names.map((name) => ({ name, value: '1', entityCheck: fieldCheck })),
            entityCheck,
          )!,
        })),
      ),
    ),
  )
  compareTests(t, cases, [
    {
      clause: 'StatusEnumeration: a field that could not be read is an error, one that was not collected is unknown',
      covers: ({ items }) =>
        items?.some(({ entities }) =>
          entities.some(({ fields }) => fields?.some(({ status }) => status === 'error' || status === 'not collected')),
        ) === true,
    },
    {
      clause: 'EntityStateRecordType: the only datatype allowed is record, also when no field is asked for',
      covers: ({ items }) => items?.[0]?.entities[0]?.value !== undefined,
    },
  ])
})

test('fields have datatypes and operations of their own', { skip }, (t) => {
  const asked: readonly (readonly [string, CaseEntity['datatype'], Operation])[] = [
    ['10', 'int', 'equals'],
    ['010', 'int', 'equals'],
    ['9', 'int', 'greater than'],
    ['9', 'string', 'not equal'],
    ['^1', 'string', 'pattern match'],
    ['TEN', 'string', 'case insensitive equals'],
    ['1.9', 'version', 'greater than'],
    ['2', 'int', 'bitwise and'],
  ]
  const found: readonly CaseEntity[] = [
    { value: '10' },
    { value: '10', datatype: 'int' },
    { value: 'ten' },
    { value: '1.10', datatype: 'version' },
  ]
  const cases = asked.flatMap(([value, datatype, operation]) =>
    found.map(
      (each): TestCase => ({
        items: [{ entities: [record({ name: 'a', ...each })] }],
        states: expecting([{ name: 'a', value, operation, ...(datatype && { datatype }) }])!,
      }),
    ),
  )
  compareTests(t, cases, [
    {
      clause: 'version: what is no version cannot be compared as one',
      covers: ({ items }) => items?.[0]?.entities[0]?.fields?.[0]?.value === 'ten',
    },
  ])
})
