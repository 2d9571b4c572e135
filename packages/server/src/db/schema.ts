import type { ColumnType, Generated, JSONColumnType } from 'kysely'

/** Instants come back as ISO 8601 strings in UTC from both databases (see the parsers in `database.ts`). */
type Instant = ColumnType<string, string | Date | undefined, string | Date>
type InstantOrNull = ColumnType<string | null, string | Date | null | undefined, string | Date | null>
type Json<T extends object> = JSONColumnType<T>

export interface Tables {
  folders: { id: string; path: string; path_key: string; predefined: Generated<boolean> }
  roles: { name: string; name_key: string; tasks: Json<string[]>; folders: Json<string[]>; predefined: boolean }
  users: {
    id: string
    name: string
    name_key: string
    password_hash: string
    disabled: Generated<boolean>
    created_at: Instant
  }
  user_roles: { user_id: string; role_name: string }
  user_folders: { user_id: string; folder_id: string }
  tokens: {
    hash: Uint8Array
    kind: 'access' | 'refresh'
    family: string
    user_id: string
    issued_at: Instant
    expires_at: Instant
    spent_at: InstantOrNull
  }
  login_failures: { subject: string; failures: number; window_ends_at: Instant }
  audit_records: {
    id: string
    seq: string | null
    at: Instant
    actor: string
    action: string
    target: string
    outcome: string
    detail: Json<Record<string, unknown>>
    hash: Uint8Array | null
  }
  assets: {
    id: string
    type: string
    display_name: string
    folder_id: string
    identity_key: string
    attributes: Json<Record<string, string | string[]>>
    address: Json<AssetAddress>
    created_at: Instant
    changed_at: Instant
    deleted_at: InstantOrNull
  }
  asset_groups: {
    id: string
    display_name: string
    description: Generated<string>
    folder_id: string
    expression: string | null
    predefined: Generated<boolean>
    imported: Generated<boolean>
    created_at: Instant
  }
  inventories: { digest: string; seq: number; body: Uint8Array; created_at: Instant }
  asset_group_members: { group_id: string; asset_id: string }
  credentials: {
    id: string
    name: string
    name_key: string
    user_name: string
    kinds: Json<string[]>
    elevation: 'none' | 'sudo' | 'sudo-commands' | 'su'
    sealed: Uint8Array
    created_at: Instant
    changed_at: Instant
  }
  credential_uses: {
    credential_id: string
    asset_id: string | null
    group_id: string | null
    folder_id: string | null
  }
  host_keys: {
    host: string
    key: Uint8Array
    shown_at: Instant
    approved_at: InstantOrNull
    approved_by: string | null
  }
  contents: { digest: string; file_name: string; bytes: string | number; compiled_format: number; imported_at: Instant }
  content_chunks: { digest: string; seq: number; body: Uint8Array }
  standards: {
    id: string
    content_digest: string
    benchmark_id: string
    profile_id: string | null
    title: string
    description: string
    version: string
    author: string
    folder_id: string
    target_type_ids: Json<string[]>
    rule_count: number
    predefined: boolean
    imported_at: Instant
    allows_scripts: Generated<boolean>
  }
  jobs: {
    id: string
    name: string
    name_key: string
    type: string
    category: 'System' | 'User-defined'
    description: Generated<string>
    definition: Json<object>
    revision: ColumnType<string, never, string | number>
    created_by: string
    created_at: Instant
    modified_at: Instant
    next_run_at: InstantOrNull
  }
  job_runs: {
    id: string
    job_id: string
    status: string
    ending: 'aborted' | 'timed out' | null
    trigger: string
    requested_by: string
    snapshot: Json<object>
    due_at: InstantOrNull
    queued_at: Instant
    started_at: InstantOrNull
    ended_at: InstantOrNull
    tasks_made: Generated<number>
    first_turn: Generated<number>
    synchronise: Generated<boolean>
    synchronised_at: InstantOrNull
  }
  job_run_messages: {
    run_id: string
    seq: ColumnType<string, never, never>
    at: Instant
    asset_id: string | null
    phase: string
    text: string
  }
  job_skips: { job_id: string; due_at: Instant; last_due_at: Instant; skipped_at: Generated<Instant> }
  job_reruns: { job_id: string; run_id: string; due_at: Instant; until_at: InstantOrNull }
  run_assets: {
    run_id: string
    asset_id: string
    state: string
    attempt: Generated<number>
    reason: string | null
    message: string | null
    evidence_id: string | null
    traffic: ColumnType<Traffic | null, string | null | undefined, string | null>
    started_at: InstantOrNull
    ended_at: InstantOrNull
  }
  evidence: {
    id: string
    asset_id: string
    run_id: string | null
    collected_at: Instant
    complete: boolean
    plan_digest: string
    digest: string
    system_info: Json<object>
    parts: Json<object[]>
  }
  evidence_packs: { id: string; seq: number; asset_id: string; body: Uint8Array }
  results: {
    run_id: string
    asset_id: string
    standard_id: string
    standard_version: string
    content_digest: string
    evidence_id: string | null
    collected_from: InstantOrNull
    collected_to: InstantOrNull
    evaluated_at: Instant
    counts: Json<Record<string, number>>
    score: number | null
    outcomes: Uint8Array
    detail_digest: Uint8Array
    waived: ColumnType<Record<string, string> | null, string | null | undefined, string | null>
    adjusted_score: number | null
    engine: ColumnType<string | null, string | null | undefined, string | null>
    risk_count: number | null
    risk_sum: number | null
    risk_max: number | null
  }
  waivers: {
    id: string
    state: 'Approved' | 'Denied' | 'Requested' | 'Withdrawn'
    standard_id: string
    rule_id: string
    rule_title: string
    scope: 'all' | 'asset' | 'group'
    asset_id: string | null
    group_id: string | null
    reason: string
    starts_at: Instant
    ends_at: Instant
    requested_by: string
    requested_at: Instant
    decided_by: string | null
    decided_at: InstantOrNull
    comment: Generated<string>
    reach: Json<string[]>
    ended_by: string | null
    ended_at: InstantOrNull
  }
  result_details: { digest: Uint8Array; seq: number; body: Uint8Array; created_at: Instant }
  verdicts_since: {
    asset_id: string
    standard_id: string
    content_digest: string
    outcomes: Uint8Array
    since: Uint8Array
  }
  outbox: {
    id: string
    run_id: string
    kind: string
    message_id: string
    message: Json<object>
    attempts: Generated<number>
    last_error: string | null
    created_at: Instant
    sent_at: InstantOrNull
    given_up_at: InstantOrNull
  }
  settings: { name: string; value: Json<object> }
}

/** What a conversation with an asset took, from the login on. */
export interface Traffic {
  /** How often the asset was waited for. */
  readonly roundTrips: number
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** How an asset is reached. */
export type AssetAddress =
  | { readonly transport: 'local' }
  | { readonly transport: 'none' }
  | {
      readonly transport: 'ssh'
      readonly host: string
      readonly port: number
      /** Who logs in; the account of the credential without. */
      readonly user?: string
      /** Servers to go through, the nearest first. */
      readonly jumps?: readonly JumpHost[]
      /** Offers algorithms that are not safe any more, for machines that know no others. */
      readonly legacyAlgorithms?: boolean
    }

export interface JumpHost {
  readonly host: string
  readonly port: number
  /** Who logs in; the account of the credential without. */
  readonly user?: string
}
