import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Database } from '../../packages/server/src/db/database.ts'

interface Used {
  readonly at: number
  /** Seconds of processor: of this process, and of the database server. */
  readonly ours: number
  readonly servers: number | undefined
}

/** `server`: the first process of a PostgreSQL server that nobody else uses. */
export function readUsed(server: number | undefined): Used {
  const { user, system } = process.cpuUsage()
  const servers = server === undefined ? undefined : processorOf(server)
  return { at: performance.now(), ours: (user + system) / 1e6, servers }
}

export function describeUse(before: Used, after: Used, assets: number): string {
  const seconds = (after.at - before.at) / 1000
  const ours = after.ours - before.ours
  const servers = (after.servers ?? 0) - (before.servers ?? 0)
  const ms = (used: number): string => ((used * 1000) / assets).toFixed(1)
  return (
    `${seconds.toFixed(0)} s; a second: ${(assets / seconds).toFixed(0)} assets, on one core ${(assets / (ours + servers)).toFixed(0)}; ` +
    `processor an asset: ${ms(ours)} ms${after.servers === undefined ? '' : ` + ${ms(servers)} ms of PostgreSQL`}; ` +
    `peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`
  )
}

interface Written {
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
  readonly queue: number
  /** Bytes of tables and indexes. */
  readonly stored: number
  /** Bytes of the write-ahead log; the embedded database does not say. */
  readonly logged: number | null
}

export async function readWritten({ kind, kysely: db }: Database): Promise<Written> {
  // The statistics of a connection are there a second after it falls idle.
  await setTimeout(1500)
  const logged = kind === 'server' ? sql`pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8` : sql`null::float8`
  const { rows } = await sql<Written>`
    select
      sum(n_tup_ins) filter (where schemaname = 'public')::float8 as inserted,
      sum(n_tup_upd) filter (where schemaname = 'public')::float8 as updated,
      sum(n_tup_del) filter (where schemaname = 'public')::float8 as deleted,
      sum(n_tup_ins + n_tup_upd + n_tup_del) filter (where schemaname = 'pgboss')::float8 as queue,
      sum(pg_total_relation_size(relid)) filter (where schemaname = 'public')::float8 as stored,
      ${logged} as logged
    from pg_stat_user_tables`.execute(db)
  return rows[0] as Written
}

export function describeWriting(before: Written, after: Written, assets: number): string {
  const each = (name: keyof Written, unit = 1): string =>
    (((after[name] ?? 0) - (before[name] ?? 0)) / unit / assets).toFixed(1)
  const logged = after.logged === null ? '' : `, log ${each('logged', 1024)} kB`
  return (
    `rows an asset: ${each('inserted')} inserted, ${each('updated')} updated, ${each('deleted')} deleted, ` +
    `${each('queue')} of the queue; bytes an asset: stored ${each('stored', 1024)} kB${logged}`
  )
}

const ticksASecond = 100

/** Of a process and of those it started; with those that have ended, which their parent has counted. */
function processorOf(first: number): number {
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      // proc(5): after the name in parentheses come state, ppid, and at 12 to 15 utime, stime, cutime, cstime.
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      const fields = stat
        .replace(/^.*\) /s, '')
        .split(' ')
        .map(Number)
      const isFirst = Number(name) === first
      if (!isFirst && fields[1] !== first) continue
      ticks += (fields[11] ?? 0) + (fields[12] ?? 0) + (isFirst ? (fields[13] ?? 0) + (fields[14] ?? 0) : 0)
    } catch {
      // It has ended meanwhile.
    }
  }
  return ticks / ticksASecond
}
