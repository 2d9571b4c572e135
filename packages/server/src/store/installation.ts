import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'

/**
 * What a server does and a worker has to know of it: whoever ends a run goes by this, and not by its own environment.
 * Whether there is an address, never the address: these hold secrets.
 */
export interface Installation {
  readonly sendsMail: boolean
  readonly callsWebhook: boolean
  readonly reports: boolean
  /** What links in mail begin with. */
  readonly publicUrl: string
  /** In which schedules count days and people are told the time. */
  readonly timeZone: string
}

const name = 'installation'

/** The server that started last has its way. */
export async function recordInstallation(db: Kysely<Tables>, installation: Installation): Promise<void> {
  const value = JSON.stringify(installation)
  await db
    .insertInto('settings')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute()
}

/** Undefined before the first start of a server. */
export async function findInstallation(db: Kysely<Tables>): Promise<Installation | undefined> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst()
  // Written above, in this shape.
  return row?.value as Installation | undefined
}
