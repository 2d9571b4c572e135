import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../../db/database.ts'
import { describeOnBothDatabases } from '../../db/testing.ts'
import { findJob } from '../../store/jobs.ts'
import { shownDetails } from './job-wire.ts'
import { addWorld, bothFolders, everything, sixTasks, startTestApi, storeJobs } from './testing.ts'
import type { TestApi } from './testing.ts'
import { facts, ids, storedDetails } from './update-job.facts.ts'
import type { Caller, Fact } from './update-job.facts.ts'
import { updateJob } from './update-job.ts'

describeOnBothDatabases('Update Job', (withDatabase) => {
  test('does what update-job.facts.ts says', (t) =>
    withDatabase(async (database) => {
      const api = await startTestApi(database, [updateJob])
      try {
        await addWorld(database)
        const tokenOf = rememberTokens(api, database)
        for (const [section, rows] of Object.entries(facts)) {
          await t.test(section, async (tt) => {
            for (const fact of rows) await tt.test(fact.fact, () => check(api, database, tokenOf, fact))
          })
        }
      } finally {
        await api.close()
      }
    }))
})

async function check(api: TestApi, database: Database, tokenOf: TokenOf, fact: Fact): Promise<void> {
  await storeJobs(database, { ...storedDetails, ...fact.stored }, fact.type)
  const before = await everything(database)
  const token = await tokenOf(fact.caller)
  const answer = await api.send(fact.method ?? 'PATCH', fact.url ?? '/ccs/api/v1/jobs/', {
    body: 'body' in fact ? fact.body : { JobDetails: fact.details, JobID: ids.job },
    ...(token === undefined ? {} : { token }),
    ...(fact.headers === undefined ? {} : { headers: fact.headers }),
  })
  assert.equal(answer.status, fact.status, answer.text)
  for (const [name, value] of Object.entries(fact.replyHeaders ?? {})) assert.equal(answer.headers[name], value)

  if (fact.status !== 204) {
    const { Message, Details, ...rest } = answer.body as { Message?: string; Details?: unknown }
    assert.deepEqual({ Message, rest }, { Message: fact.text, rest: {} })
    if (fact.says !== undefined) assert.deepEqual(Details, fact.says)
    assert.equal(await everything(database), before, 'a refused update must leave everything as it was')
    return
  }
  assert.equal(answer.text, '')
  const job = await findJob(database.kysely, ids.job)
  assert.ok(job)
  const becomes = Object.entries({ ...storedDetails, ...fact.stored, ...fact.becomes })
  assert.deepEqual(shownDetails(job.members), Object.fromEntries(becomes.filter(([, value]) => value !== undefined)))
  assert.equal(job.revision, fact.becomes === undefined ? '1' : '2')
  assert.equal(await countRows(database, 'job_runs'), fact.starts ?? 0)
  assert.equal(await countRows(database, 'audit_records'), 1)
}

async function countRows({ kysely }: Database, table: 'audit_records' | 'job_runs'): Promise<number> {
  const { count } = await kysely
    .selectFrom(table)
    .select(sql<number>`count(*)::integer`.as('count'))
    .executeTakeFirstOrThrow()
  return count
}

type TokenOf = (caller: Caller | undefined) => Promise<string | undefined>

/** One account a kind of caller; the plain one has exactly the six tasks and two folders. */
function rememberTokens(api: TestApi, { kysely }: Database): TokenOf {
  const tokens = new Map<string, Promise<string>>()
  return async (caller = { without: 'View all jobs' }) => {
    if (caller === 'nobody') return undefined
    const name = JSON.stringify(caller)
    const without = typeof caller === 'string' ? '' : caller.without
    const made =
      tokens.get(name) ??
      api.addCaller(
        name,
        sixTasks.filter((task) => task !== without),
        bothFolders.filter((folder) => folder !== without),
      )
    tokens.set(name, made)
    const token = await made
    if (caller === 'somebody with an expired token') {
      const past = sql<string>`now() - interval '1 second'`
      const account = kysely.selectFrom('users').select('id').where('name', '=', name)
      await kysely.updateTable('tokens').set({ expires_at: past }).where('user_id', '=', account).execute()
    }
    return token
  }
}
