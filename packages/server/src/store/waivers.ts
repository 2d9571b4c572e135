import { randomUUID } from 'node:crypto'
import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'
import { searchAssets } from './assets.ts'
import type { AssetSearch } from './assets.ts'
import type { WaiverByRule } from './exemptions.ts'
import { isBelow } from './search-conditions.ts'

/*
 * A waiver is an accepted exception. It is requested, then approved or denied by somebody else, and can be withdrawn at
 * any time. Only one that was approved exempts, and only in its period; that it has expired follows from the clock and is
 * written nowhere. Whom it reaches is worked out when it is asked: what was found on an asset is never changed.
 */
export type WaiverState = 'Approved' | 'Denied' | 'Expired' | 'Requested' | 'Withdrawn'

export const waiverStates: readonly WaiverState[] = ['Requested', 'Approved', 'Denied', 'Withdrawn', 'Expired']

export interface Waiver {
  readonly id: string
  readonly state: WaiverState
  readonly standardId: string
  readonly standardTitle: string
  readonly ruleId: string
  readonly ruleTitle: string
  readonly scope: 'all' | 'asset' | 'group'
  readonly assetId: string | null
  readonly assetName: string | null
  readonly assetGroupId: string | null
  readonly assetGroupName: string | null
  /** Of the asset or the group; null for all assets, or when the group is gone. */
  readonly folder: string | null
  readonly reason: string
  readonly startsAt: string
  readonly endsAt: string
  readonly requestedBy: string
  readonly requestedAt: string
  readonly decidedBy: string | null
  readonly decidedAt: string | null
  readonly comment: string
  readonly endedBy: string | null
  readonly endedAt: string | null
  /** Folders, lower case. */
  readonly reach: readonly string[]
}

const state = sql<WaiverState>`case
  when waivers.state in ('Requested', 'Approved') and waivers.ends_at <= now() then 'Expired' else waivers.state end`

const shown = sql`
  waivers.id, ${state} as state, waivers.standard_id as "standardId", standards.title as "standardTitle",
  waivers.rule_id as "ruleId", waivers.rule_title as "ruleTitle", waivers.scope,
  waivers.asset_id as "assetId", assets.display_name as "assetName",
  waivers.group_id as "assetGroupId", asset_groups.display_name as "assetGroupName", folders.path as folder,
  waivers.reason, waivers.starts_at as "startsAt", waivers.ends_at as "endsAt",
  waivers.requested_by as "requestedBy", waivers.requested_at as "requestedAt",
  waivers.decided_by as "decidedBy", waivers.decided_at as "decidedAt", waivers.comment,
  waivers.ended_by as "endedBy", waivers.ended_at as "endedAt", waivers.reach
  from waivers
  join standards on standards.id = waivers.standard_id
  left join assets on assets.id = waivers.asset_id
  left join asset_groups on asset_groups.id = waivers.group_id
  left join folders on folders.id = coalesce(assets.folder_id, asset_groups.folder_id)`

export interface WaiverSearch {
  readonly state?: WaiverState
  readonly assetId?: string
  readonly standardId?: string
  /** The folders that the caller has a permission on; what holds for all assets is for everyone to see. */
  readonly permitted: readonly string[]
  readonly after?: string
  readonly limit: number
}

/** The newest first. Uses waivers_latest. */
export async function listWaivers(db: Kysely<Tables>, search: WaiverSearch): Promise<Waiver[]> {
  const conditions: RawBuilder<boolean>[] = [
    sql<boolean>`(waivers.scope = 'all' or ${isBelow(sql`folders.path_key`, search.permitted)})`,
  ]
  if (search.state !== undefined) conditions.push(sql<boolean>`${state} = ${search.state}`)
  if (search.assetId !== undefined) conditions.push(sql<boolean>`waivers.asset_id = ${search.assetId}`)
  if (search.standardId !== undefined) conditions.push(sql<boolean>`waivers.standard_id = ${search.standardId}`)
  if (search.after !== undefined) {
    conditions.push(sql<boolean>`(waivers.requested_at, waivers.id) < (
      select last.requested_at, last.id from waivers as last where last.id = ${search.after})`)
  }
  const { rows } = await sql<Waiver>`
    select ${shown} where ${sql.join(conditions, sql` and `)}
    order by waivers.requested_at desc, waivers.id desc limit ${search.limit}`.execute(db)
  return rows
}

export async function findWaivers(db: Kysely<Tables>, ids: readonly string[]): Promise<Waiver[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<Waiver>`select ${shown} where waivers.id = any(${sql.val(ids)}::uuid[])`.execute(db)
  return rows
}

export interface NewWaiver {
  readonly standardId: string
  readonly ruleId: string
  readonly ruleTitle: string
  readonly scope: Waiver['scope']
  readonly assetId: string | null
  readonly groupId: string | null
  readonly reason: string
  /** Null: now. */
  readonly startsAt: string | null
  readonly endsAt: string
  readonly requestedBy: string
}

/** Its id; undefined when its period is over before it begins, or already. */
export async function addWaiver(tx: Transaction, waiver: NewWaiver): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    insert into waivers (id, state, standard_id, rule_id, rule_title, scope, asset_id, group_id, reason, starts_at, ends_at,
      requested_by)
    select ${randomUUID()}::uuid, 'Requested', ${waiver.standardId}::uuid, ${waiver.ruleId}, ${waiver.ruleTitle},
      ${waiver.scope}, ${waiver.assetId}::uuid, ${waiver.groupId}::uuid, ${waiver.reason}, starts_at, ends_at,
      ${waiver.requestedBy}
    from (select coalesce(${waiver.startsAt}::timestamptz, now()) as starts_at, ${waiver.endsAt}::timestamptz as ends_at) as period
    where ends_at > starts_at and ends_at > now()
    returning id`.execute(tx)
  return rows[0]?.id
}

export interface Decision {
  readonly state: 'Approved' | 'Denied'
  readonly by: string
  readonly comment: string
  /** Lower case. */
  readonly reach: readonly string[]
}

/** False when it waits for no decision any more. */
export async function decideWaiver(tx: Transaction, id: string, decision: Decision): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update waivers set state = ${decision.state}, decided_by = ${decision.by}, decided_at = now(),
      comment = ${decision.comment}, reach = ${JSON.stringify(decision.reach)}::jsonb
    where id = ${id} and state = 'Requested' and ends_at > now()`.execute(tx)
  return (numAffectedRows ?? 0n) > 0n
}

/** Withdraws a request, or ends a waiver before its time. False when there is nothing left to end. */
export async function endWaiver(tx: Transaction, id: string, by: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update waivers set state = 'Withdrawn', ended_by = ${by}, ended_at = now()
    where id = ${id} and state in ('Requested', 'Approved') and ends_at > now()`.execute(tx)
  return (numAffectedRows ?? 0n) > 0n
}

interface WaiverInForce {
  readonly id: string
  readonly assetId: string
  readonly standardId: string
  readonly ruleId: string
  /** Of a group whose members an expression tells: whether the asset is one is still to be seen. */
  readonly expression: string | null
}

/** What an asset group's expression asks of an asset; undefined when it cannot be read, so that it finds none. */
export type ReadExpression = (expression: string) => AssetSearch['conditions'] | undefined

type WaiversByStandard = ReadonlyMap<string, WaiverByRule>

/** The waivers that reach an asset now, by standard. */
export async function waiversOfAsset(
  db: Kysely<Tables>,
  assetId: string,
  standardIds: readonly string[],
  readExpression: ReadExpression,
): Promise<WaiversByStandard> {
  return (await waiversOfAssets(db, [assetId], standardIds, readExpression)).get(assetId) ?? new Map()
}

/** The same of many assets; those that none reaches are left out. */
export async function waiversOfAssets(
  db: Kysely<Tables>,
  assetIds: readonly string[],
  standardIds: readonly string[],
  readExpression: ReadExpression,
): Promise<ReadonlyMap<string, WaiversByStandard>> {
  const waivers = new Map<string, Map<string, Map<string, string>>>()
  for (const { id, assetId, standardId, ruleId, expression } of await waiversInForce(db, assetIds, standardIds)) {
    const ofAsset = waivers.get(assetId) ?? new Map<string, Map<string, string>>()
    waivers.set(assetId, ofAsset)
    const ofStandard = ofAsset.get(standardId) ?? new Map<string, string>()
    ofAsset.set(standardId, ofStandard)
    if (ofStandard.has(ruleId)) continue
    if (expression === null || (await isFoundBy(db, readExpression(expression), assetId))) ofStandard.set(ruleId, id)
  }
  return waivers
}

/** Of several on one rule the one nearest to the asset, then the one that lasts longest, comes first. Uses waivers_rules. */
async function waiversInForce(
  db: Kysely<Tables>,
  assetIds: readonly string[],
  standardIds: readonly string[],
): Promise<WaiverInForce[]> {
  const { rows } = await sql<WaiverInForce>`
    select waivers.id, assets.id as "assetId", waivers.standard_id as "standardId", waivers.rule_id as "ruleId",
      asset_groups.expression
    from waivers
    join assets on assets.id = any(${sql.val(assetIds)}::uuid[])
    join folders on folders.id = assets.folder_id
    left join asset_groups on asset_groups.id = waivers.group_id
    where waivers.standard_id = any(${sql.val(standardIds)}::uuid[])
      and waivers.state = 'Approved' and waivers.starts_at <= now() and waivers.ends_at > now()
      and case waivers.scope
        when 'asset' then waivers.asset_id = assets.id
        else exists (
          select from jsonb_array_elements_text(waivers.reach) as granted (folder)
          where folders.path_key = folder or starts_with(folders.path_key, folder || '\\'))
        and (waivers.scope = 'all' or asset_groups.expression is not null or exists (
          select from asset_group_members as members
          where members.group_id = waivers.group_id and members.asset_id = assets.id))
        end
    order by array_position(array['asset', 'group', 'all'], waivers.scope), waivers.ends_at desc, waivers.id`.execute(
    db,
  )
  return rows
}

async function isFoundBy(
  db: Kysely<Tables>,
  conditions: AssetSearch['conditions'] | undefined,
  id: string,
): Promise<boolean> {
  if (conditions === undefined) return false
  const everywhere = { container: 'asset system', subtree: true, permitted: ['asset system'], page: 0, pageSize: 1 }
  return (await searchAssets(db, { ...everywhere, conditions, id })).total > 0
}

/** Those on which a waiver is in force, or was: no other has anything exempted. */
export async function standardsWithWaivers(db: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select distinct standard_id as id from waivers where decided_at is not null and state <> 'Denied'`.execute(db)
  return rows.map(({ id }) => id)
}

/** The waivers that a run's results are exempted by and that end within so many days. */
export async function waiversEndingSoon(db: Kysely<Tables>, runId: string, days: number): Promise<Waiver[]> {
  const { rows } = await sql<Waiver>`
    select ${shown}
    where waivers.state = 'Approved' and waivers.ends_at < now() + make_interval(days => ${days}::integer)
      and waivers.id in (
        select distinct exempted.waiver::uuid from results cross join jsonb_each_text(waived) as exempted (rule, waiver)
        where run_id = ${runId})
    order by waivers.ends_at, waivers.id`.execute(db)
  return rows
}
