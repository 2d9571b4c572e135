import { sql } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { ReportingTables } from './schema.ts'

const partitioned = ['assessments', 'rule_results'] as const

/** Sees to it that the facts of these instants have a partition for their month (in UTC). */
export async function ensurePartitions(tx: Transaction<ReportingTables>, instants: readonly string[]): Promise<void> {
  for (const month of new Set(instants.map((instant) => instant.slice(0, '2026-01'.length)))) {
    const first = `${month}-01`
    for (const table of partitioned) {
      const name = `${table}_${month.replace('-', '_')}`
      const found = await sql<{ oid: unknown }>`select to_regclass(${name}) as oid`.execute(tx)
      if (found.rows[0]?.oid != null) continue
      await sql`create table ${sql.table(name)} partition of ${sql.table(table)}
        for values from (${sql.lit(`${first}T00:00:00Z`)}) to (${sql.lit(monthAfter(first))})`.execute(tx)
    }
  }
}

function monthAfter(first: string): string {
  const next = new Date(`${first}T00:00:00Z`)
  next.setUTCMonth(next.getUTCMonth() + 1)
  return next.toISOString()
}
