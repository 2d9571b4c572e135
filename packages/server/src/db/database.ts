import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { Kysely, PostgresDialect, type Transaction as KyselyTransaction } from 'kysely'
import { Pool, types, type PoolClient } from 'pg'
import { fromPglite } from 'pg-boss'
import type { Log } from '../log.ts'
import { DatabaseError, messageOf } from './database-error.ts'
import { Embedded } from './embedded.ts'
import { embeddedDialect } from './embedded-dialect.ts'
import { preparing } from './prepared-statements.ts'
import { poolAsQueueDatabase, type QueueDatabase } from './queue-database.ts'
import type { Tables } from './schema.ts'
import { serverParser } from './value-parsers.ts'

export type Transaction<Schema = Tables> = KyselyTransaction<Schema>

/** One database, embedded or on a PostgreSQL server: the same SQL and the same values on both. */
export interface Database<Schema = Tables> {
  readonly kind: 'embedded' | 'server'
  readonly kysely: Kysely<Schema>
  /** One process at a time of all that share this database: for what only an empty or older database needs. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>
  /** Statements with pg-boss's own calling conventions. */
  boss(): QueueDatabase
  /** Space and log kept in bounds; the embedded database does not do it by itself, a server does. */
  maintain(options?: Maintenance): Promise<void>
  close(): Promise<void>
}

export interface Maintenance {
  readonly signal?: AbortSignal | undefined
  /** A query: while it has rows, nobody waits for a large table. After a day of that, large tables have their turn. */
  readonly busy?: string
}

export interface DatabaseOptions {
  /** A PostgreSQL server; without it the embedded database in `folder`, or in memory without that too. */
  readonly url?: string | undefined
  readonly folder?: string | undefined
  /** In memory: a tar archive of the files that it begins with. */
  readonly archive?: string | undefined
  readonly maxConnections?: number
  /** The longest that one statement may take. */
  readonly statementLimitMs?: number
  readonly log?: Log
  /** Where its address is set, for messages. */
  readonly setting?: string
  /** Gives up the making of an embedded database, which takes seconds, on a busy machine many. */
  readonly signal?: AbortSignal | undefined
}

const defaultStatementLimitMs = 60_000
/** By which the connections of servers and workers are known on a PostgreSQL server. */
export const applicationName = 'plumbline'
/** This process among those, on whatever machine they are. */
export const processName = `${applicationName} ${hostname().slice(0, 30)}:${process.pid}:${randomBytes(2).toString('hex')}`

export function openDatabase<Schema = Tables>(options: DatabaseOptions): Promise<Database<Schema>> {
  return options.url === undefined ? openEmbedded(options) : openServer(options.url, options)
}

async function openEmbedded<Schema>({
  folder,
  archive,
  statementLimitMs = defaultStatementLimitMs,
  signal,
}: DatabaseOptions): Promise<Database<Schema>> {
  const embedded = await Embedded.open({ folder, archive, statementLimitMs }, signal)
  let largeAt = performance.now()
  return {
    kind: 'embedded',
    kysely: new Kysely<Schema>({ dialect: embeddedDialect(embedded) }),
    // Its folder belongs to this process.
    alone: (work) => work(),
    boss: () =>
      fromPglite({
        query: (sql, parameters) => embedded.exclusive(() => embedded.query(sql, parameters ?? [])) as never,
        exec: (sql) => embedded.exclusive(() => embedded.exec(sql)),
        listen: (channel, onPayload) => embedded.listen(channel, onPayload),
      }),
    // One by one: together they would be one transaction, in which neither may run.
    async maintain({ signal: asked, busy } = {}) {
      const tables = await tablesOf(embedded)
      const mayWait = busy !== undefined && performance.now() - largeAt < largeAtLatestMs
      let waits = false
      for (const { statement, isLarge } of tables) {
        if (asked?.aborted === true) return
        await embedded.exclusive(async () => {
          if (isLarge && mayWait && (await embedded.query(busy, [])).rows.length > 0) waits = true
          else await embedded.exec(statement)
        })
      }
      if (!waits) largeAt = performance.now()
      await embedded.exclusive(() => embedded.exec('checkpoint'))
    },
    close: () => embedded.close(),
  }
}

/** With its indexes. A table of this size takes up to a quarter of a second, one of ten times the size two. */
const largeBytes = 32 * 2 ** 20
const largeAtLatestMs = 24 * 60 * 60 * 1000

/** A statement for each table: everybody else waits for one of them, not for all. Partitioned tables have statistics only. */
async function tablesOf(embedded: Embedded): Promise<{ statement: string; isLarge: boolean }[]> {
  const { rows } = await embedded.exclusive(() =>
    embedded.query(
      `select case relkind when 'p' then 'analyze only ' else 'vacuum (analyze) ' end || oid::regclass::text as statement,
        pg_total_relation_size(oid) > $1 as "isLarge"
      from pg_class where relkind in ('r', 'm', 'p') and relpersistence <> 't' order by relkind, oid`,
      [largeBytes],
    ),
  )
  return rows.map(({ statement, isLarge }) => ({ statement: String(statement), isLarge: isLarge === true }))
}

async function openServer<Schema>(
  url: string,
  { maxConnections = 10, statementLimitMs = defaultStatementLimitMs, setting = 'DATABASE_URL', log }: DatabaseOptions,
): Promise<Database<Schema>> {
  const pool = new Pool({
    connectionString: url,
    max: maxConnections,
    application_name: processName,
    connectionTimeoutMillis: 10_000,
    options: `-c timezone=UTC -c statement_timeout=${statementLimitMs} -c idle_in_transaction_session_timeout=60s`,
    types: {
      getTypeParser: ((type: number, format: 'text') =>
        serverParser(type) ?? types.getTypeParser(type, format)) as never,
    },
  })
  // A connection that breaks is replaced by the pool, and whoever waits for an answer on it is told; but one that says so
  // without a listener ends the process, whether it is idle or in the hands of a transaction that is doing something else.
  pool.on('error', (error) => log?.warn({ err: error }, 'an idle database connection broke'))
  pool.on('connect', (client) =>
    client.on('error', (error) => log?.warn({ err: error }, 'a database connection broke')),
  )
  try {
    await pool.query('select 1')
  } catch (error) {
    await pool.end()
    throw new DatabaseError(
      'database-unreachable',
      `cannot open the database: ${messageOf(error)}; check ${setting} and that PostgreSQL accepts this account`,
      { cause: error },
    )
  }
  return {
    kind: 'server',
    kysely: new Kysely<Schema>({ dialect: new PostgresDialect({ pool: preparing(pool) }) }),
    async alone(work) {
      const client = await pool.connect()
      try {
        // Asked again and again, because a statement that waits has a limit and a first start may take longer.
        while (!(await isLocked(client))) await new Promise((resolve) => setTimeout(resolve, 200))
        return await work()
      } finally {
        // The lock goes with its connection, as it does when the process is killed.
        client.release(true)
      }
    },
    boss: () => poolAsQueueDatabase(pool),
    async maintain() {},
    async close() {
      await pool.end()
    },
  }
}

/** Any number, the same in every process. */
const startLock = 7_215_012

async function isLocked(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [startLock])
  return rows[0]?.locked === true
}
