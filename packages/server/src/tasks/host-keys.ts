import { hostKeyName, hostKeyType } from '@plumbline/collect'
import type { HostKeys } from '@plumbline/collect'
import type { HostKey } from '../store/host-keys.ts'

/** The keys known of a host at the beginning of a conversation, and what it showed. */
export interface DatabaseHostKeys extends HostKeys {
  readonly host: string
  /** A key that is not approved. */
  readonly shown: Buffer | undefined
  /** A key that was taken because the host was never met before. */
  readonly accepted: Buffer | undefined
}

export function databaseHostKeys(
  address: { readonly host: string; readonly port: number },
  known: readonly HostKey[],
): DatabaseHostKeys {
  const host = hostKeyName(address.host.toLowerCase(), address.port)
  const approved = known
    .filter((one) => one.host === host && one.approvedAt !== null)
    .map(({ key }) => Buffer.from(key))
  let shown: Buffer | undefined
  let accepted: Buffer | undefined
  return {
    host,
    get shown() {
      return shown
    },
    get accepted() {
      return accepted
    },
    knownTypes: () => approved.map(hostKeyType),
    check(_host, key) {
      if (approved.some((one) => one.equals(key))) return 'approved'
      shown = key
      return approved.length === 0 ? 'unknown' : 'changed'
    },
    approve(_host, key) {
      accepted = key
    },
  }
}
