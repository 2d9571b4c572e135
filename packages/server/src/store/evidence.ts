import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { CollectedObject, SystemCharacteristics, SystemInfo } from '@plumbline/scap'
import type { Tables } from '../db/schema.ts'
import { compressJson, decompressJson } from './compressed-json.ts'
import { mergeEvidence, readParts } from './evidence-parts.ts'
import type { EvidencePart, Pack, StoredParts } from './evidence-parts.ts'

/** What is known of an asset at one moment. */
export interface Evidence {
  readonly id: string
  readonly assetId: string
  readonly runId: string | null
  readonly collectedAt: string
  readonly complete: boolean
  readonly planDigest: string
  readonly digest: string
  readonly systemInfo: SystemInfo
  readonly objects: Readonly<Record<string, CollectedObject>>
}

/** The newest evidence of an asset. Uses evidence_newest. */
export async function findNewestEvidence(db: Kysely<Tables>, assetId: string): Promise<Evidence | undefined> {
  const row = await selectEvidence(db)
    .where('asset_id', '=', assetId)
    .orderBy('collected_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? undefined : asEvidence(row, await readPacks(db, row.parts))
}

export async function findEvidence(db: Kysely<Tables>, id: string): Promise<Evidence | undefined> {
  const row = await selectEvidence(db).where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : asEvidence(row, await readPacks(db, row.parts))
}

export interface NewEvidence {
  readonly assetId: string
  readonly runId: string
  readonly planDigest: string
  readonly collected: SystemCharacteristics
}

/**
 * Keeps what was collected, on top of what was known of the asset. To be called under the asset's lease: two collections
 * of one asset at a time would each carry forward without the other.
 */
export async function addEvidence(tx: Kysely<Tables>, evidence: NewEvidence): Promise<{ readonly id: string }> {
  const { assetId, runId, planDigest, collected } = evidence
  const newest = await selectEvidence(tx)
    .where('asset_id', '=', assetId)
    .orderBy('collected_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const previous = newest === undefined ? undefined : { parts: newest.parts, packs: await readPacks(tx, newest.parts) }
  const at = earliest(collected)
  const newPackId = randomUUID()
  const merged = mergeEvidence(previous, collected, { newPackId, at })
  if (merged.newPack.length > 0) await insertPack(tx, newPackId, assetId, merged.newPack)
  const id = randomUUID()
  await tx
    .insertInto('evidence')
    .values({
      id,
      asset_id: assetId,
      run_id: runId,
      collected_at: merged.collectedAt,
      complete: merged.complete,
      plan_digest: planDigest,
      digest: merged.digest,
      system_info: JSON.stringify(collected.systemInfo),
      parts: JSON.stringify(merged.parts),
    })
    .execute()
  return { id }
}

/**
 * The instant of a collection is that of its first object: an age must never be understated. Objects that could not even
 * be asked have none worth the name, and a collection without objects happened now.
 */
function earliest({ objects }: SystemCharacteristics): string {
  let at: string | undefined
  for (const { collectedAt } of Object.values(objects)) if (at === undefined || collectedAt < at) at = collectedAt
  return at ?? new Date().toISOString()
}

function selectEvidence(db: Kysely<Tables>) {
  return db
    .selectFrom('evidence')
    .select(['id', 'asset_id', 'run_id', 'collected_at', 'complete', 'plan_digest', 'digest'])
    .select([sql<SystemInfo>`system_info`.as('system_info'), sql<EvidencePart[]>`parts`.as('parts')])
}

type EvidenceRow = Awaited<ReturnType<ReturnType<typeof selectEvidence>['execute']>>[number]

function asEvidence(row: EvidenceRow, packs: StoredParts['packs']): Evidence {
  return {
    id: row.id,
    assetId: row.asset_id,
    runId: row.run_id,
    collectedAt: row.collected_at,
    complete: row.complete,
    planDigest: row.plan_digest,
    digest: row.digest,
    systemInfo: row.system_info,
    objects: readParts({ parts: row.parts, packs }),
  }
}

async function readPacks(db: Kysely<Tables>, parts: readonly EvidencePart[]): Promise<Map<string, Pack>> {
  if (parts.length === 0) return new Map()
  const ids = [...new Set(parts.map(({ pack }) => pack))]
  const rows = await db
    .selectFrom('evidence_packs')
    .select(['id', 'body'])
    .where('id', 'in', ids)
    .orderBy('id')
    .orderBy('seq')
    .execute()
  const chunks = Map.groupBy(rows, ({ id }) => id)
  // Written by insertPack, in this shape.
  return new Map(
    chunks.entries().map(([id, group]) => [id, JSON.parse(decompressJson(group.map(({ body }) => body))) as Pack]),
  )
}

async function insertPack(tx: Kysely<Tables>, id: string, assetId: string, pack: Pack): Promise<void> {
  for (const [seq, body] of compressJson(JSON.stringify(pack)).entries()) {
    await tx.insertInto('evidence_packs').values({ id, seq, asset_id: assetId, body }).execute()
  }
}
