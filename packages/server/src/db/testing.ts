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

/** One in memory for the whole suite, emptied for each test: opening one takes seconds. */
function embeddedDatabases(): WithDatabase {
  return keptDatabase(async () => (await embeddedTemplate()).archives.production)
}

/** Hands out the database of an archive again and again, each time as it was at first. */
export function keptDatabase<Schema>(
  archive: () => Promise<string>,
): (use: (database: Database<Schema>) => Promise<void>) => Promise<void> {
  const open = async () => {
    const database = await openDatabase<Schema>({ archive: await archive() })
    return { database, empty: await emptier(database.kysely) }
  }
  let opened: ReturnType<typeof open> | undefined
  after(async () => (await opened)?.database.close())
  return async (use) => {
    opened ??= open()
    let { database, empty } = await opened
    if (!(await empty())) {
      await database.close()
      opened = open()
      ;({ database, empty } = await opened)
    }
    await use(database)
  }
}

/** A database of its own for each test. */
function serverDatabases(url: string | undefined): WithDatabase {
  return (use) =>
    withServerDatabase(url, async (testUrl) => {
      const database = await openDatabase({ url: testUrl })
      try {
        await migrate(database.kysely, productionMigrations)
        await use(database)
      } finally {
        await database.close()
      }
    })
}

/** An empty database on the test server, dropped afterwards. */
export async function withServerDatabase(
  url: string | undefined,
  use: (testUrl: string) => Promise<void>,
): Promise<void> {
  if (url === undefined) throw new Error('TEST_DATABASE_URL is not set')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const server = await openDatabase<object>({ url, maxConnections: 1 })
  try {
    await sql`create database ${sql.id(name)}`.execute(server.kysely)
    const testUrl = new URL(url)
    testUrl.pathname = `/${name}`
    await use(testUrl.href)
  } finally {
    await sql`drop database if exists ${sql.id(name)} with (force)`.execute(server.kysely)
    await server.close()
  }
}
