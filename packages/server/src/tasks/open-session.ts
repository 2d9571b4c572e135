import { openAsides, openLocalSession } from '@plumbline/collect'
import type { Asides, Session } from '@plumbline/collect'
import type { Database } from '../db/database.ts'
import { usualMaxSessions } from '../jobs/places.ts'
import type { Vault } from '../vault.ts'
import { CollectionImpossible } from './collection-failure.ts'
import { openAssetBySsh } from './ssh-session.ts'
import type { SshSettings } from './ssh-session.ts'
import type { OpenSession } from './task-context.ts'

/** Reaches an asset the way its address says. */
export function sessionOpener(by: {
  readonly database: Database
  readonly vault: Vault
  readonly settings: SshSettings
  readonly asides?: Asides
}): OpenSession {
  const { asides = openAsides(usualMaxSessions) } = by
  const commandTimeoutMs = by.settings.commandTimeoutSeconds * 1000
  return async (asset, signal): Promise<Session> => {
    const { name, address } = asset
    switch (address.transport) {
      case 'local':
        return openLocalSession({ asset: name, signal, commandTimeoutMs })
      case 'ssh':
        return openAssetBySsh({ ...by, asides }, { ...asset, address }, signal)
      case 'none':
        throw new CollectionImpossible(
          'unsupported-platform',
          `${name} is of a type that this version cannot collect from; its standards are evaluated as unknown.`,
        )
    }
  }
}
