import type { Flag } from './enumerations.ts'
import type { Item } from './item.ts'

/** What is known of the system itself (OVAL system characteristics schema, SystemInfoType). */
export interface SystemInfo {
  readonly osName: string
  readonly osVersion: string
  readonly architecture: string
  readonly primaryHostName: string
  readonly interfaces: readonly {
    readonly interfaceName: string
    readonly ipAddress: string
    readonly macAddress: string
  }[]
}

/** One object as it was collected. Flags other than `complete` and `does not exist` carry a message that says why. */
export interface CollectedObject {
  readonly flag: Flag
  readonly messages: readonly string[]
  readonly items: readonly Item[]
  /** When it was collected, ISO 8601 in UTC. */
  readonly collectedAt: string
}

/**
 * Everything collected from one asset, keyed by what was asked: the digest of an object's canonical form with its
 * variables resolved (see `object-digest.ts`). An object that is not in the map was not collected.
 */
export interface SystemCharacteristics {
  readonly systemInfo: SystemInfo
  readonly objects: Readonly<Record<string, CollectedObject>>
}
