import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replayItem } from './replay-item.ts'
import type { ItemTrace, StateEntityTrace, TestTrace } from './trace.ts'

const expecting = (more: Partial<StateEntityTrace>): StateEntityTrace => ({
  name: 'value',
  datatype: 'int',
  operation: 'less than',
  expected: ['10'],
  found: [],
  entityCheck: 'all',
  checkExistence: 'at_least_one_exists',
  result: 'unknown',
  ...more,
})

const found = (...values: string[]): ItemTrace['entities'] =>
  values.map((value) => ({ name: 'value', value, status: 'exists' }))

function replayed(entities: ItemTrace['entities'], expected: Partial<StateEntityTrace>): string {
  const states = [{ id: 'oval:x:ste:1', operator: 'AND', result: 'unknown', entities: [expecting(expected)] }] as const
  const item: ItemTrace = { status: 'exists', result: 'unknown', messages: [], entities, states }
  return replayItem(item, { stateOperator: 'AND', testType: 'unix/sysctl' } as TestTrace)
}

test('values are compared anew, by datatype and operation', () => {
  assert.equal(replayed(found('9'), {}), 'true')
  assert.equal(replayed(found('9'), { datatype: 'string' }), 'error')
  assert.equal(replayed(found('11'), {}), 'false')
  assert.equal(replayed(found('9', '11'), { entityCheck: 'at least one' }), 'true')
  assert.equal(replayed([], {}), 'unknown')
  assert.equal(replayed([], { checkExistence: 'none_exist' }), 'true')
})

test('of the values of a variable as many have to hold as is said', () => {
  const variable = { variable: 'oval:x:var:1', expected: ['10', '5'] }
  assert.equal(replayed(found('7'), { ...variable, varCheck: 'all' }), 'false')
  assert.equal(replayed(found('7'), { ...variable, varCheck: 'only one' }), 'true')
  assert.equal(replayed(found('7'), { ...variable, varCheck: 'all', variableFlag: 'error' }), 'error')
  assert.equal(replayed(found('7'), { ...variable, varCheck: 'all', variableFlag: 'not collected' }), 'unknown')
})

test('what values that are left out came to is taken as it stands', () => {
  assert.equal(replayed(found('11'), { expected: [], isPartial: true, result: 'true' }), 'true')
})
