import { randomUUID } from 'node:crypto'
import { after, describe } from 'node:test'
import { sql } from 'kysely'
import { openDatabase, type Database } from './database.ts'
import { migrate, productionMigrations } from './migrate.ts'
import { emptier } from './testing-emptier.ts'
import { embeddedTemplate } from './testing-template.ts'

type Use = (database: Database) => Promise<void>

/** Hands a test an empty, migrated database of the kind that its suite is about. */
export type WithDatabase = (use: Use) => Promise<void>

/**
 * The same suite on the embedded database and, when TEST_DATABASE_URL names a PostgreSQL server, on that; in CI it must.
 */
export function describeOnBothDatabases(name: string, suite: (withDatabase: WithDatabase) => void): void {
  describe(`${name}, embedded database`, () => suite(embeddedDatabases()))
  const url = process.env['TEST_DATABASE_URL']
  const skip =
    url === undefined && process.env['CI'] !== 'true' ? 'TEST_DATABASE_URL names no PostgreSQL server' : false
  describe(`${name}, PostgreSQL`, { skip }, () => suite(serverDatabases(url)))
}

/** One in memory for the whole suite. */
function embeddedDatabases(): WithDatabase {
  return keptDatabase(async () => openDatabase({ archive: (await embeddedTemplate()).archives.production }))
}

/** One on the test server for the whole suite. */
function serverDatabases(url: string | undefined): WithDatabase {
  return keptDatabase(() =>
    openServerDatabase(url, async (database) => {
      await migrate(database.kysely, productionMigrations)
      // Loaded by the one who needs it: it brings half of the server.
      const { makeQueueTables } = await import('./testing-template-maker.ts')
      await makeQueueTables(database)
    }),
  )
}

/** A database of its own on the test server, which is dropped when it is closed. */
export async function openServerDatabase<Schema>(
  url: string | undefined,
  make: (database: Database<Schema>) => Promise<void>,
): Promise<Database<Schema>> {
  const created = await createServerDatabase(url)
  const database = await openDatabase<Schema>({ url: created.url })
  await make(database)
  const close = async (): Promise<void> => {
    await database.close()
    await created.drop()
  }
  return { ...database, close }
}

/** Hands out a database again and again, each time as it was when it was opened: making one takes seconds. */
export function keptDatabase<Schema>(
  open: () => Promise<Database<Schema>>,
): (use: (database: Database<Schema>) => Promise<void>) => Promise<void> {
  const openKept = async () => {
    const database = await open()
    return { database, empty: await emptier(database.kysely) }
  }
  let opened: ReturnType<typeof openKept> | undefined
  after(async () => (await opened)?.database.close())
  return async (use) => {
    opened ??= openKept()
    let { database, empty } = await opened
    if (!(await empty())) {
      await database.close()
      opened = openKept()
      ;({ database, empty } = await opened)
    }
    await use(database)
  }
}

/** An empty database on the test server, dropped afterwards. */
export async function withServerDatabase(
  url: string | undefined,
  use: (testUrl: string) => Promise<void>,
): Promise<void> {
  const created = await createServerDatabase(url)
  try {
    await use(created.url)
  } finally {
    await created.drop()
  }
}

async function createServerDatabase(url: string | undefined): Promise<{ url: string; drop(): Promise<void> }> {
  if (url === undefined) throw new Error('TEST_DATABASE_URL is not set')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const execute = async (statement: ReturnType<typeof sql>): Promise<void> => {
    const server = await openDatabase<object>({ url, maxConnections: 1 })
    try {
      await statement.execute(server.kysely)
    } finally {
      await server.close()
    }
  }
  await execute(sql`create database ${sql.id(name)}`)
  const testUrl = new URL(url)
  testUrl.pathname = `/${name}`
  return { url: testUrl.href, drop: () => execute(sql`drop database if exists ${sql.id(name)} with (force)`) }
}
