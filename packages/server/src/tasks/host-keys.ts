import type { Kysely } from 'kysely'
import { hostKeyChanged, hostKeyType } from '@plumbline/collect'
import type { HostKeys } from '@plumbline/collect'
import type { Tables } from '../db/schema.ts'
import { approveFirstHostKey, listHostKeys } from '../store/host-keys.ts'

export interface ShownKey {
  readonly host: string
  readonly key: Buffer
}

/** The keys known at the beginning of a conversation, and those that hosts on the way showed and that were not approved by then. */
export interface DatabaseHostKeys extends HostKeys {
  readonly shown: readonly ShownKey[]
}

export async function databaseHostKeys(db: Kysely<Tables>): Promise<DatabaseHostKeys> {
  const known = await listHostKeys(db)
  const approvedOf = (host: string): Buffer[] =>
    known.filter((one) => one.host === host.toLowerCase() && one.approvedAt !== null).map(({ key }) => Buffer.from(key))
  const shown: ShownKey[] = []
  return {
    shown,
    knownTypes: (host) => approvedOf(host).map(hostKeyType),
    check(host, key) {
      const approved = approvedOf(host)
      if (approved.some((one) => one.equals(key))) return 'approved'
      shown.push({ host, key })
      return approved.length === 0 ? 'unknown' : 'changed'
    },
    async approve(host, key) {
      if (!(await approveFirstHostKey(db, host, key))) throw hostKeyChanged(host, key)
    },
  }
}
