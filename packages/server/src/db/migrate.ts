import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CompiledQuery, type Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'

/** Brings a database up to date with the numbered files of `folder`; each is applied once, in order, in a transaction. */
export async function migrate<Schema>(db: Kysely<Schema>, folder: URL): Promise<void> {
  const migrations: Record<string, Migration> = {}
  for (const file of readdirSync(fileURLToPath(folder)).toSorted()) {
    if (file.endsWith('.sql')) migrations[file.slice(0, -'.sql'.length)] = fromSql(new URL(file, folder))
  }
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateToLatest()
  if (error !== undefined) throw error
}

export const productionMigrations = new URL('./migrations/', import.meta.url)

/** Statements are separated by an empty line. */
function fromSql(file: URL): Migration {
  return {
    async up(db) {
      for (const statement of readFileSync(file, 'utf8').split(/\n\s*\n/)) {
        if (statement.replace(/^--.*$/gm, '').trim() !== '') await db.executeQuery(CompiledQuery.raw(statement))
      }
    },
  }
}
