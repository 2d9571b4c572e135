import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { embeddedTemplate } from '../db/testing-template.ts'
import { createReporting } from './reporting.ts'

test('an embedded reporting database is maintained, so that its log does not grow for ever', async () => {
  const reporting = createReporting({ archive: (await embeddedTemplate()).archives.reporting })
  // Not opened yet.
  await reporting.maintain()
  const { kysely } = await reporting.database()
  const behind = async (): Promise<number> => {
    const { rows } = await sql<{ bytes: string }>`
      select pg_current_wal_insert_lsn() - redo_lsn as bytes from pg_control_checkpoint()`.execute(kysely)
    return Number(rows[0]?.bytes)
  }
  await sql`create table marks as select n, repeat('x', 100) as text from generate_series(1, 10000) as n`.execute(
    kysely,
  )
  const before = await behind()
  await reporting.maintain()
  const after = await behind()
  await reporting.close()
  assert.ok(before > 1_000_000 && after < 10_000, `${before}, ${after}`)
})
