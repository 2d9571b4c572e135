import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { describeOnBothDatabases } from '../db/testing.ts'
import type { RunStatus } from '../jobs/states.ts'
import { claimAsset } from '../jobs/run-transitions.ts'
import { collectAsset } from './collect-asset.ts'
import { evaluateAsset } from './evaluate-asset.ts'
import { endRunInTime, finishRun } from './finish-run.ts'
import { notify } from './notify.ts'
import { startRun } from './start-run.ts'
import { engines } from './testing.ts'
import type { TestEngine } from './testing.ts'
import { startMailServer } from './testing-mail-server.ts'

const attempt = { signal: new AbortController().signal, number: 1, isLast: true }

type Kind = 'failure' | 'success'

/** Which assets the job has, what happens to its run, how that ends, and which of the job's two mails is sent then. */
const ends: readonly {
  readonly status: RunStatus
  readonly assets: readonly ('machine' | 'router')[]
  readonly stop?: 'abort' | 'time limit'
  readonly kind: Kind
}[] = [
  { status: 'Completed', assets: ['machine'], kind: 'success' },
  { status: 'Completed with errors', assets: ['machine', 'router'], kind: 'success' },
  { status: 'Failed', assets: ['router'], kind: 'failure' },
  { status: 'Aborted', assets: ['machine'], stop: 'abort', kind: 'failure' },
  { status: 'Timed out', assets: ['machine'], stop: 'time limit', kind: 'failure' },
]

/** Which of the two flags are on. */
const wishes: readonly (readonly Kind[])[] = [[], ['success'], ['failure'], ['success', 'failure']]

/** Takes a run through its tasks, one after the other; answers with its status. */
async function runThrough(engine: TestEngine, jobId: string, stop: (typeof ends)[number]['stop']): Promise<string> {
  const { context } = engine
  const { kysely: db } = context.database
  const runId = await engine.start(jobId)
  await startRun(context, { runId })
  const assets = await db.selectFrom('run_assets').select('asset_id').where('run_id', '=', runId).execute()
  for (const { asset_id: assetId } of assets) {
    if (stop === undefined) {
      await collectAsset(context, { runId, assetId }, attempt)
      await evaluateAsset(context, { runId, assetId }, attempt)
    } else await claimAsset(db, { runId, assetId }, 'collecting')
  }
  if (stop === 'abort') await engine.abort(runId)
  if (stop === 'time limit') await endRunInTime(context, { runId })
  await finishRun(context, { runId, force: true })
  const { rows } = await sql<{ outboxId: string }>`
    select data ->> 'outboxId' as "outboxId" from pgboss.job where name = 'notify' and state = 'created'`.execute(db)
  for (const { outboxId } of rows) await notify(context, { outboxId })
  await sql`delete from pgboss.job`.execute(db)
  return (await engine.end(runId)).status
}

describeOnBothDatabases('the mail at the end of a run', (withDatabase) => {
  const withEngine = engines(withDatabase)

  for (const { status, assets, stop, kind } of ends) {
    it(`that ends as ${status} is the one for ${kind}, once and only where the job asks for it`, async () => {
      const server = await startMailServer()
      try {
        await withEngine(
          async (engine, standard) => {
            standard.write('mode = strict\n')
            const ids = {
              machine: await engine.addAsset('here'),
              router: await engine.addAsset('router', { transport: 'none' }),
            }
            const mail = (to: Kind) => ({
              toEmailAddress: `${to}@example.org`,
              fromEmailAddress: 'ccs@example.org',
              subject: `For ${to}`,
              body: 'It has ended.',
            })
            for (const wish of wishes) {
              const jobId = await engine.addJob({
                assetsResolutionInfo: assets.map((name) => ({ id: ids[name], type: '' })),
                standards: [engine.standardIds.small],
                shouldSendSuccessNotification: wish.includes('success'),
                shouldSendFailureNotification: wish.includes('failure'),
                successNotification: mail('success'),
                failureNotification: mail('failure'),
              })
              const before = server.received.length
              assert.equal(await runThrough(engine, jobId, stop), status)
              const sent = server.received.slice(before).map(({ to, text }) => ({
                to,
                subject: /^Subject: (.*)\r$/m.exec(text)?.[1],
                says: new RegExp(`: ${status}\r$`, 'm').test(text),
              }))
              const expected = { to: [`${kind}@example.org`], subject: `For ${kind}`, says: true }
              assert.deepEqual(sent, wish.includes(kind) ? [expected] : [], `the job asks for ${wish.join(' and ')}`)
            }
          },
          { idle: true, settings: { smtpUrl: server.url } },
        )
      } finally {
        await server.close()
      }
    })
  }
})
