import type { Caller } from './auth/caller.ts'
import type { Operation } from './api/operation.ts'
import type { Config } from './config.ts'
import type { Database } from './db/database.ts'
import type { Alarm } from './jobs/alarm.ts'
import type { Queue } from './jobs/queue.ts'
import type { Log } from './log.ts'
import type { Meters } from './meters.ts'
import type { Reporting } from './reporting/reporting.ts'
import type { ProbeAsset } from './tasks/probe-asset.ts'
import type { RotateOnline } from './rotate-online.ts'
import type { TryNotification } from './tasks/try-notification.ts'
import type { Vault } from './vault.ts'

/** What operations and tasks work with. */
export interface Context {
  readonly config: Config
  readonly database: Database
  readonly queue: Queue
  /** Wakes the dispatcher of this process. */
  readonly alarm: Alarm
  readonly log: Log
  readonly vault: Vault
  readonly probeAsset: ProbeAsset
  readonly rotateMasterKey: RotateOnline
  readonly tryNotification: TryNotification
  readonly meters: Meters
  /** Undefined where reports are not configured. */
  readonly reporting: Reporting | undefined
}

export type ServerOperation = Operation<Context, Caller>

/** Only types it. */
export const defineOperation = (operation: ServerOperation): ServerOperation => operation
