import type { Session } from '@plumbline/collect'
import type { Database } from '../db/database.ts'
import type { AssetAddress } from '../db/schema.ts'
import type { Graces } from '../jobs/graces.ts'
import type { UnknownHostKeys } from '../jobs/job-definition.ts'
import type { Attempt, Queue } from '../jobs/queue.ts'
import type { RunWatch } from '../jobs/run-watch.ts'
import type { Log } from '../log.ts'
import type { Reporting } from '../reporting/reporting.ts'
import type { StandardLibrary } from './standards.ts'

/** What tasks work with. */
export interface TaskContext {
  readonly database: Database
  readonly queue: Queue
  readonly log: Log
  readonly watch: RunWatch
  readonly graces: Graces
  /** Undefined where reports are not configured. */
  readonly reporting: Reporting | undefined
  readonly settings: TaskSettings
  readonly openSession: OpenSession
  readonly standards: StandardLibrary
}

export interface TaskSettings {
  readonly timeZone: string
  readonly smtpUrl: string | undefined
  readonly mailFrom: string | undefined
  readonly webhookUrl: string | undefined
  readonly webhookSecret: string | undefined
  /** What links in mail begin with. */
  readonly publicUrl: string
  /** The most by which an asset of a run that nobody waits for is put off. */
  readonly jitterSeconds: number
  readonly assetTimeoutSeconds: number
  readonly retentionDays: number
  readonly retentionRuns: number
  /** What asset import jobs may read from. */
  readonly inventoryDirectory?: string | undefined
}

export interface AssetToOpen {
  readonly id: string
  readonly name: string
  readonly address: AssetAddress
  /** What the job says; as the server is configured without. */
  readonly unknownHostKeys?: UnknownHostKeys | undefined
  /** How to wait for an asset that does not answer at once. */
  readonly stepAside?: Attempt['stepAside'] | undefined
}

/** Opens a conversation with an asset, or throws a `TransportError`. */
export type OpenSession = (asset: AssetToOpen, signal: AbortSignal) => Promise<Session>
