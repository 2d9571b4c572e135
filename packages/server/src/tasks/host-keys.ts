import { hostKeyType } from '@plumbline/collect'
import type { HostKeys } from '@plumbline/collect'
import type { HostKey } from '../store/host-keys.ts'

export interface ShownKey {
  readonly host: string
  readonly key: Buffer
  /** It was taken, because the host was never met before. */
  accepted: boolean
}

/** The keys known at the beginning of a conversation, and those that hosts on the way showed and that were not approved. */
export interface DatabaseHostKeys extends HostKeys {
  readonly shown: readonly ShownKey[]
}

export function databaseHostKeys(known: readonly HostKey[]): DatabaseHostKeys {
  const approvedOf = (host: string): Buffer[] =>
    known.filter((one) => one.host === host.toLowerCase() && one.approvedAt !== null).map(({ key }) => Buffer.from(key))
  const shown: ShownKey[] = []
  return {
    shown,
    knownTypes: (host) => approvedOf(host).map(hostKeyType),
    check(host, key) {
      const approved = approvedOf(host)
      if (approved.some((one) => one.equals(key))) return 'approved'
      shown.push({ host: host.toLowerCase(), key, accepted: false })
      return approved.length === 0 ? 'unknown' : 'changed'
    },
    approve(host, key) {
      const one = shown.find((other) => other.host === host.toLowerCase() && other.key.equals(key))
      if (one !== undefined) one.accepted = true
    },
  }
}
