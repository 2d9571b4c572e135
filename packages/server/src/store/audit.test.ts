import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { describeOnBothDatabases } from '../db/testing.ts'
import { recordAudit, sealAudit, verifyAudit } from './audit.ts'

const entry = { actor: 'anna', action: 'job.update', target: 'job 1', outcome: 'done', detail: { ignored: ['x'] } }

describeOnBothDatabases('the audit trail', (withDatabase) => {
  test('holds when nothing was changed, and says how many records are not in the chain yet', () =>
    withDatabase(async ({ kysely }) => {
      for (let n = 0; n < 3; n += 1) await recordAudit(kysely, entry)
      assert.deepEqual(await verifyAudit(kysely), { intact: true, records: 0, unsealed: 3 })
      assert.equal(await sealAudit(kysely), 3)
      await recordAudit(kysely, entry)
      assert.deepEqual(await verifyAudit(kysely), { intact: true, records: 3, unsealed: 1 })
    }))

  for (const [what, change] of [
    ['a changed byte', sql`update audit_records set actor = 'Anna' where seq = 2`],
    ['changed detail', sql`update audit_records set detail = '{}' where seq = 2`],
    ['a changed time', sql`update audit_records set at = at + interval '1 millisecond' where seq = 2`],
    ['a changed hash', sql`update audit_records set hash = decode(repeat('00', 32), 'hex') where seq = 2`],
    ['a deleted record', sql`delete from audit_records where seq = 2`],
  ] as const) {
    test(`${what} is found and named`, () =>
      withDatabase(async ({ kysely }) => {
        for (let n = 0; n < 3; n += 1) await recordAudit(kysely, entry)
        await sealAudit(kysely)
        await change.execute(kysely)
        const { intact, problem } = await verifyAudit(kysely)
        assert.equal(intact, false)
        assert.match(problem ?? '', /^record 2 /)
      }))
  }

  test('is sealed once however many processes do it', () =>
    withDatabase(async ({ kysely }) => {
      for (let n = 0; n < 20; n += 1) await recordAudit(kysely, { ...entry, target: `job ${n}` })
      await Promise.all([sealAudit(kysely), sealAudit(kysely), sealAudit(kysely)])
      assert.deepEqual(await verifyAudit(kysely), { intact: true, records: 20, unsealed: 0 })
    }))
})
