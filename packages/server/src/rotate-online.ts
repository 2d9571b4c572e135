import { ConfigError } from './config.ts'
import type { Config } from './config.ts'
import { applicationName, processName } from './db/database.ts'
import type { Database } from './db/database.ts'
import type { Log } from './log.ts'
import { refuseWithoutKey, rotate } from './rotate-master-key.ts'
import type { Rotation } from './rotate-master-key.ts'
import { findRotation, learnNewKey, listLackingKey, noteHolder } from './store/master-key-rotations.ts'
import { readKey } from './vault.ts'
import type { Vault } from './vault.ts'

const lookMs = 1000
const mostWaitMs = 60_000

/** Takes over the new key of a rotation on the same database, whoever began it, and says so. */
export async function followRotations(
  { kind, kysely }: Database,
  vault: Vault,
  log: Log,
): Promise<{ stop(): Promise<void> }> {
  const look = async (): Promise<void> => {
    try {
      if ((await findRotation(kysely)) === undefined) return
      await learnNewKey(kysely, vault)
      await noteHolder(kysely, processName)
    } catch (error) {
      log.error({ err: error }, 'looking for a new master key failed')
    }
  }
  // One that was interrupted.
  await look()
  // The embedded database has no other process.
  if (kind === 'embedded') return { stop: async () => undefined }
  let last = Promise.resolve()
  const timer = setInterval(() => {
    last = last.then(look)
  }, lookMs)
  return {
    async stop() {
      clearInterval(timer)
      await last
    },
  }
}

export type RotateOnline = (options: { readonly newKey?: string; readonly actor: string }) => Promise<Rotation>

/** Seals all credentials with a new master key, while this server and others run. */
export const onlineRotation =
  (
    { config, database, vault }: { config: Config; database: Database; vault: Vault },
    waitMs = mostWaitMs,
  ): RotateOnline =>
  async ({ newKey, actor }) => {
    const given = newKey === undefined ? undefined : readKey(newKey, 'the new key')
    refuseWithoutKey(config, given)
    const untilKnown = (): Promise<void> => untilAllKnow(database, waitMs)
    return rotate({ config, database, vault, given, actor, untilKnown })
  }

async function untilAllKnow({ kind, kysely }: Database, waitMs: number): Promise<void> {
  if (kind === 'embedded') return
  await noteHolder(kysely, processName)
  for (const end = performance.now() + waitMs; ;) {
    const lacking = await listLackingKey(kysely, `${applicationName} `)
    if (lacking.length === 0) return
    if (performance.now() > end) {
      throw new ConfigError(
        `the new key has not reached ${lacking.join(', ')} within ${waitMs / 1000} s (host:process:number); what was sealed before still is with the old one, and all go on; see there whether the process hangs and end it, then rotate once more: it goes on with the same key`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs / 4))
  }
}
