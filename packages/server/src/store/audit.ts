import { createHash, randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'

export interface AuditEntry {
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly outcome: string
  readonly detail?: Readonly<Record<string, unknown>>
}

/**
 * Writes records in the transaction of what they record. Each gets its place in the hash chain a moment later, by
 * {@link sealAudit}: a chain that every change must extend would let only one change at a time be made.
 */
export async function recordAudit(tx: Kysely<Tables> | Transaction, ...entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return
  await tx
    .insertInto('audit_records')
    .values(
      entries.map(({ actor, action, target, outcome, detail = {} }) => ({
        id: randomUUID(),
        actor,
        action,
        target,
        outcome,
        detail: JSON.stringify(detail),
      })),
    )
    .execute()
}

const sealsAtOnce = 1000
/** Any number, the same in every process: who holds it extends the chain. */
const chainLock = 7_215_011

/** Puts the unsealed records into the chain, in the order of their time; answers how many. */
export async function sealAudit(db: Kysely<Tables>): Promise<number> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${chainLock})`.execute(tx)
    const records = await auditRows(tx)
      .where('seq', 'is', null)
      .orderBy('at')
      .orderBy('id')
      .limit(sealsAtOnce)
      .execute()
    if (records.length === 0) return 0
    const last = await lastSealed(tx)
    let { seq, hash } = last
    const sealed = records.map((record) => {
      seq += 1n
      hash = hashOf(hash, seq, record)
      return { id: record.id, seq: seq.toString(), hash: hash.toString('hex') }
    })
    await sql`
      update audit_records set seq = sealed.seq, hash = decode(sealed.hash, 'hex')
      from jsonb_to_recordset(${JSON.stringify(sealed)}::jsonb) as sealed (id uuid, seq bigint, hash text)
      where audit_records.id = sealed.id`.execute(tx)
    return sealed.length
  })
}

export interface AuditVerification {
  readonly intact: boolean
  readonly records: number
  readonly unsealed: number
  readonly problem?: string
}

/** Recomputes the chain from its beginning, page by page. */
export async function verifyAudit(db: Kysely<Tables>): Promise<AuditVerification> {
  let last = { seq: 0n, hash: Buffer.alloc(32) as Buffer }
  const { count } = await db
    .selectFrom('audit_records')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('seq', 'is', null)
    .executeTakeFirstOrThrow()
  const answer = (problem?: string): AuditVerification => ({
    intact: problem === undefined,
    records: Number(last.seq),
    unsealed: count,
    ...(problem === undefined ? {} : { problem }),
  })
  for (;;) {
    const records = await auditRows(db)
      .where('seq', '>', last.seq.toString())
      .orderBy('seq')
      .limit(sealsAtOnce)
      .execute()
    for (const record of records) {
      const seq = last.seq + 1n
      if (record.seq !== seq.toString()) return answer(`record ${seq} is missing`)
      const hash = hashOf(last.hash, seq, record)
      if (record.hash === null || !hash.equals(record.hash)) {
        return answer(`record ${seq} (${record.action} of ${record.at}) is not what was written`)
      }
      last = { seq, hash }
    }
    if (records.length < sealsAtOnce) return answer()
  }
}

/** Newest first. */
export function listAudit(db: Kysely<Tables>, count: number): Promise<(AuditEntry & { readonly at: string })[]> {
  return db
    .selectFrom('audit_records')
    .select(['at', 'actor', 'action', 'target', 'outcome', 'detail'])
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(count)
    .execute()
}

const auditRows = (db: Kysely<Tables>) =>
  db
    .selectFrom('audit_records')
    .select(['id', 'seq', 'at', 'actor', 'action', 'target', 'outcome', 'hash'])
    // As text: the hash must not depend on how a library reads JSON.
    .select(sql<string>`detail::text`.as('detail'))

async function lastSealed(tx: Transaction): Promise<{ seq: bigint; hash: Buffer }> {
  const row = await tx
    .selectFrom('audit_records')
    .select(['seq', 'hash'])
    .where('seq', 'is not', null)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return { seq: BigInt(row?.seq ?? 0), hash: row?.hash == null ? Buffer.alloc(32) : Buffer.from(row.hash) }
}

interface Hashed {
  readonly id: string
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly outcome: string
  readonly detail: string
}

/** SHA-256 over the hash before it, the place, and every column, each with its length so that none can borrow from the next. */
function hashOf(previous: Uint8Array, seq: bigint, record: Hashed): Buffer {
  const { id, at, actor, action, target, outcome, detail } = record
  const hash = createHash('sha256').update(previous)
  for (const part of [seq.toString(), id, at, actor, action, target, outcome, detail]) {
    hash.update(`${Buffer.byteLength(part)}:`).update(part)
  }
  return hash.digest()
}
