import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { batched } from './batched.ts'
import { describeOnBothDatabases } from './testing.ts'

describeOnBothDatabases('what is asked at one moment', (withDatabase) => {
  test('is asked in one statement, and everybody gets the own answer', () =>
    withDatabase(async ({ kysely }) => {
      const asked: number[] = []
      const double = batched(async (db, items: readonly number[]) => {
        asked.push(items.length)
        const { rows } = await sql<{ n: number }>`
          select n::integer * 2 as n from jsonb_array_elements_text(${JSON.stringify(items)}::jsonb)
          with ordinality as t (n, at) order by at`.execute(db)
        return rows.map(({ n }) => n)
      })
      const numbers = Array.from({ length: 100 }, (_, n) => n)
      const answers = await Promise.all(numbers.map((n) => double(kysely, n)))
      assert.deepEqual(
        answers,
        numbers.map((n) => n * 2),
      )
      assert.deepEqual(asked, [64, 36])
      assert.equal(await double(kysely, 7), 14)
    }))

  test('what is asked later is not answered by what was found earlier', () =>
    withDatabase(async ({ kysely }) => {
      let value = 'before'
      const read = batched(async (_db, items: readonly string[]) => {
        const seen = value
        await delay(20)
        return items.map(() => seen)
      })
      const early = read(kysely, 'early')
      await delay(5)
      value = 'after'
      assert.deepEqual(await Promise.all([early, read(kysely, 'late')]), ['before', 'after'])
    }))

  test('of several, only those fail that fail alone', () =>
    withDatabase(async ({ kysely }) => {
      const divide = batched(async (db, items: readonly number[]) => {
        const { rows } = await sql<{ n: number }>`
          select 12 / n::integer as n from jsonb_array_elements_text(${JSON.stringify(items)}::jsonb)
          with ordinality as t (n, at) order by at`.execute(db)
        return rows.map(({ n }) => n)
      })
      const answers = await Promise.allSettled([1, 0, 3].map((n) => divide(kysely, n)))
      assert.deepEqual(
        answers.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      assert.match(String((answers[1] as PromiseRejectedResult).reason), /division by zero/)
      assert.equal(await divide(kysely, 4), 3)
    }))
})
