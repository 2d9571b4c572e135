import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResolvedEntity } from '@plumbline/scap'
import { defineTestType, type ObjectEntity } from './test-type.ts'
import { collectFrom, entity, withFolder } from './test-types/testing.ts'

/** An entity as collectors are asked for it. */
async function asked(values: readonly string[], more: Partial<ResolvedEntity>): Promise<ObjectEntity> {
  const found: ObjectEntity[] = []
  const echo = defineTestType({
    family: 'unix',
    name: 'file',
    description: 'What is asked for.',
    object: ['path'],
    item: { path: 'string' },
    collect: (_, { object }) => {
      found.push(object.path)
      return Promise.resolve({ found: [] })
    },
  })
  await withFolder({}, async (session) => {
    await collectFrom(session, echo, [entity('path', '', { values, ...more })])
  })
  return found[0] ?? assert.fail()
}

test('of several values those that can match are known, but where none may', async () => {
  const rows = [
    ['at least one', ['/a', '/b', '/b'], ['/a', '/b', '/b']],
    ['all', ['/a', '/b'], []],
    ['all', ['/b', '/b'], ['/b', '/b']],
    ['only one', ['/a', '/b', '/b'], ['/a']],
    ['none satisfy', ['/a', '/b'], undefined],
    ['none satisfy', ['/a'], undefined],
  ] as const
  for (const [varCheck, values, literals] of rows) {
    const path = await asked(values, { varCheck })
    assert.deepEqual(path.literals, literals, varCheck)
    for (const value of ['/a', '/b', '/c'])
      if (literals !== undefined) assert.equal(path.matches(value), literals.includes(value as never), value)
  }
})

test('of several patterns one must match where one alone may', async () => {
  const path = await asked(['^/a', 'b$'], { varCheck: 'only one', operation: 'pattern match' })
  assert.equal(path.patterns?.length, 2)
  assert.deepEqual(
    ['/a', '/b', '/ab', '/c'].map((value) => path.matches(value)),
    [true, true, false, false],
  )
  assert.equal((await asked(['^/a'], { varCheck: 'none satisfy', operation: 'pattern match' })).patterns, undefined)
})
