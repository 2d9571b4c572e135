import { randomUUID } from 'node:crypto'
import { after, describe } from 'node:test'
import { sql } from 'kysely'
import { openDatabase, type Database } from './database.ts'
import { migrate, productionMigrations } from './migrate.ts'

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
  let opened: Promise<Database> | undefined
  after(async () => (await opened)?.close())
  return async (use) => {
    opened ??= openDatabase({})
    const database = await opened
    await sql`drop schema public cascade`.execute(database.kysely)
    await sql`drop schema if exists pgboss cascade`.execute(database.kysely)
    await sql`create schema public`.execute(database.kysely)
    await migrate(database.kysely, productionMigrations)
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
