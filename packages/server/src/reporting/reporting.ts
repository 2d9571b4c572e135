import { openDatabase } from '../db/database.ts'
import type { Database, DatabaseOptions, Maintenance } from '../db/database.ts'
import { migrate } from '../db/migrate.ts'
import type { ReportingTables } from './schema.ts'

export const reportingMigrations = new URL('./migrations/', import.meta.url)

/** The reporting database, opened when it is first needed: many servers never report. */
export interface Reporting {
  readonly kind: Database['kind']
  database(): Promise<Database<ReportingTables>>
  /** As that of a database, where it is open. */
  maintain(options?: Maintenance): Promise<void>
  close(): Promise<void>
}

export function createReporting(options: DatabaseOptions): Reporting {
  let opened: Promise<Database<ReportingTables>> | undefined
  const closing = new AbortController()
  const { signal } = closing
  const open = async (): Promise<Database<ReportingTables>> => {
    const database = await openDatabase<ReportingTables>({ ...options, setting: 'REPORTING_DATABASE_URL', signal })
    try {
      await migrate(database.kysely, reportingMigrations)
      return database
    } catch (error) {
      await database.close()
      throw error
    }
  }
  return {
    kind: options.url === undefined ? 'embedded' : 'server',
    database() {
      opened ??= open().catch((error: unknown) => {
        // The next one who asks tries again: the other side may be back.
        opened = undefined
        throw error
      })
      return opened
    },
    async maintain(options) {
      const database = await opened?.catch(() => undefined)
      await database?.maintain(options)
    },
    async close() {
      closing.abort()
      const database = await opened?.catch(() => undefined)
      await database?.close()
    },
  }
}
