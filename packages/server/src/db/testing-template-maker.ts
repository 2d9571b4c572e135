import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { createQueue } from '../jobs/queue.ts'
import { reportingMigrations } from '../reporting/reporting.ts'
import { openDatabase, type Database } from './database.ts'
import { makeEmbedded } from './make-embedded.ts'
import { migrate, productionMigrations } from './migrate.ts'
import type { Template } from './testing-template.ts'

/** In a folder that is there. */
export async function makeTemplate({ dataDirectory, archives }: Template): Promise<void> {
  const [production, reporting] = [join(dataDirectory, 'production'), join(dataDirectory, 'reporting')]
  mkdirSync(production, { recursive: true })
  await makeEmbedded(join(production, 'postgres'))
  cpSync(production, reporting, { recursive: true })
  const database = await openDatabase({ folder: production })
  await migrate(database.kysely, productionMigrations)
  await makeQueueTables(database)
  await database.close()
  const reports = await openDatabase({ folder: reporting })
  await migrate(reports.kysely, reportingMigrations)
  await reports.close()
  archive(production, archives.production)
  archive(reporting, archives.reporting)
}

export async function makeQueueTables(database: Database): Promise<void> {
  const queue = await createQueue(database, pino({ level: 'silent' }))
  await queue.stop(0)
}

function archive(database: string, file: string): void {
  const { status, stderr } = spawnSync('tar', ['-C', join(database, 'postgres'), '-cf', file, '.'])
  if (status !== 0) throw new Error(`tar ended with ${status}: ${String(stderr)}`)
}
