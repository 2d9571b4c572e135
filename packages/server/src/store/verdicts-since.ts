import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Tables } from '../db/schema.ts'
import type { Outcome } from './outcomes.ts'
import { packOutcomes, unpackOutcomes } from './outcomes.ts'

/** The verdicts of an asset on the rules of a standard, and since when they are what they are. */
export interface Verdicts {
  readonly contentDigest: string
  /** In one order with the two lists below. */
  readonly ruleIds: readonly string[]
  readonly outcomes: readonly Outcome[]
  /** Seconds of the epoch. */
  readonly since: readonly number[]
}

/** A rule whose outcome is as it was keeps its instant; any other, and a new one, has the present. */
export function carrySince(
  before: Verdicts | undefined,
  now: Pick<Verdicts, 'outcomes' | 'ruleIds'>,
  seconds: number,
): number[] {
  const known = new Map(
    before?.ruleIds.map((id, at) => [id, { outcome: before.outcomes[at], since: before.since[at] }]),
  )
  return now.ruleIds.map((id, at) => {
    const earlier = known.get(id)
    return earlier !== undefined && earlier.outcome === now.outcomes[at] ? (earlier.since ?? seconds) : seconds
  })
}

interface NewVerdicts {
  readonly assetId: string
  readonly standardId: string
  readonly contentDigest: string
  readonly ruleIds: readonly string[]
  readonly outcomes: readonly Outcome[]
}

/** Notes what a result says, in its transaction; a result that says what was known already writes nothing. */
export async function noteVerdicts(
  tx: Kysely<Tables>,
  verdicts: NewVerdicts,
  /** The rules of other content, in their order; none when it is not known any more. */
  rulesOf: (contentDigest: string) => Promise<readonly string[]>,
): Promise<void> {
  const { assetId, standardId, contentDigest } = verdicts
  const outcomes = packOutcomes(verdicts.outcomes)
  const row = await tx
    .selectFrom('verdicts_since')
    .selectAll()
    .where('asset_id', '=', assetId)
    .where('standard_id', '=', standardId)
    .forUpdate()
    .executeTakeFirst()
  if (row !== undefined && row.content_digest === contentDigest && Buffer.from(row.outcomes).equals(outcomes)) return
  const before =
    row === undefined
      ? undefined
      : {
          contentDigest: row.content_digest,
          ruleIds: row.content_digest === contentDigest ? verdicts.ruleIds : await rulesOf(row.content_digest),
          outcomes: unpackOutcomes(row.outcomes),
          since: unpackSince(row.since),
        }
  const { rows } = await sql<{ seconds: number }>`select floor(extract(epoch from now()))::int as seconds`.execute(tx)
  const since = packSince(carrySince(before, verdicts, rows[0]?.seconds ?? 0))
  const values = { content_digest: contentDigest, outcomes, since }
  await tx
    .insertInto('verdicts_since')
    .values({ asset_id: assetId, standard_id: standardId, ...values })
    .onConflict((conflict) => conflict.columns(['asset_id', 'standard_id']).doUpdateSet(values))
    .execute()
}

/** ISO 8601, in the order of the rules; undefined when the outcomes given are not the present ones. */
export async function findSince(
  db: Kysely<Tables>,
  of: Pick<NewVerdicts, 'assetId' | 'contentDigest' | 'outcomes' | 'standardId'>,
): Promise<string[] | undefined> {
  const row = await db
    .selectFrom('verdicts_since')
    .select(['outcomes', 'since'])
    .where('asset_id', '=', of.assetId)
    .where('standard_id', '=', of.standardId)
    .where('content_digest', '=', of.contentDigest)
    .executeTakeFirst()
  if (row === undefined || !Buffer.from(row.outcomes).equals(packOutcomes(of.outcomes))) return undefined
  return unpackSince(row.since).map((seconds) => new Date(seconds * 1000).toISOString())
}

const width = 4

export function packSince(since: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(since.length * width)
  for (const [at, seconds] of since.entries()) bytes.writeUInt32BE(seconds, at * width)
  return bytes
}

export function unpackSince(packed: Uint8Array): number[] {
  const bytes = Buffer.from(packed)
  return Array.from({ length: bytes.length / width }, (_, at) => bytes.readUInt32BE(at * width))
}
