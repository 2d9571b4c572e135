import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Operation } from '@plumbline/scap'
import { collectFrom, entity, pattern, withFolder } from '../testing.ts'
import { textfilecontent54 } from './textfilecontent54.ts'

// OVAL independent definitions schema, textfilecontent54_object, instance: -1 is the last match; an order of negative values
// is one of negative values, and of positive ones of positive ones. Items always have the positive one.
test('instances below zero count from the last match', () =>
  withFolder({ conf: 'n1 n2 n3 n4' }, async (session, folder) => {
    const found = async (operation: Operation, ...values: readonly string[]) => {
      const instance = entity('instance', '', { datatype: 'int', operation, values, varCheck: 'at least one' })
      const asked = [entity('filepath', `${folder}/conf`), pattern('pattern', 'n\\d'), instance]
      const { items } = await collectFrom(session, textfilecontent54, asked)
      return items.map(({ text, instance: at }) => [text, at].join(' '))
    }
    assert.deepEqual(await found('equals', '-1'), ['n4 4'])
    assert.deepEqual(await found('equals', '-4'), ['n1 1'])
    assert.deepEqual(await found('equals', '-5'), [])
    assert.deepEqual(await found('greater than or equal', '-2'), ['n3 3', 'n4 4'])
    assert.deepEqual(await found('greater than', '-2'), ['n4 4'])
    assert.deepEqual(await found('less than', '-2'), ['n1 1', 'n2 2'])
    assert.deepEqual(await found('not equal', '-1'), ['n1 1', 'n2 2', 'n3 3'])
    assert.deepEqual(await found('less than', '2'), ['n1 1'])
    assert.deepEqual(await found('greater than', '0'), ['n1 1', 'n2 2', 'n3 3', 'n4 4'])
    assert.deepEqual(await found('equals', '1', '-1'), ['n1 1', 'n4 4'])
  }))
