import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { TransportError } from '@plumbline/collect'
import { describeOnBothDatabases, withServerDatabase } from '../db/testing.ts'
import { emptySchedule } from '../jobs/job-definition.ts'
import { createReporting } from '../reporting/reporting.ts'
import type { Reporting } from '../reporting/reporting.ts'
import { runMessages } from '../store/runs.ts'
import { collectAsset } from './collect-asset.ts'
import { evaluateAsset } from './evaluate-asset.ts'
import { finishRun } from './finish-run.ts'
import { startRun } from './start-run.ts'
import { engines, openThisMachine, until } from './testing.ts'
import type { OpenSession } from './task-context.ts'
import type { TestEngine } from './testing.ts'
import { startMailServer } from './testing-mail-server.ts'
import type { Received } from './testing-mail-server.ts'
import { startWebhookReceiver } from './testing-webhook.ts'

const notification = {
  toEmailAddress: 'ops@example.org',
  fromEmailAddress: 'ccs@example.org',
  subject: 'Nightly',
  body: 'The run has ended.',
}

async function messages(engine: TestEngine, runId: string): Promise<string[]> {
  return (await runMessages(engine.context.database.kysely, [runId])).map(({ text }) => text)
}

async function withMailServer(use: (url: string, mails: readonly Received[]) => Promise<void>): Promise<void> {
  const server = await startMailServer()
  try {
    await use(server.url, server.received)
  } finally {
    await server.close()
  }
}

/** Without the line breaks that quoted-printable adds. */
function unfolded(mail: Received | undefined): string {
  return (mail?.text ?? '').replaceAll('=\r\n', '')
}

describeOnBothDatabases('the end of a run', (withDatabase) => {
  const withEngine = engines(withDatabase)

  it('is told by mail: success and failure each to its own, with what changed since the last run', () =>
    withMailServer((smtpUrl, mails) =>
      withEngine(
        async (engine, standard) => {
          const job = {
            assetsResolutionInfo: [{ id: await engine.addAsset('this machine'), type: '' }],
            standards: [engine.standardIds.small],
            shouldSendSuccessNotification: true,
            shouldSendFailureNotification: true,
            successNotification: notification,
            failureNotification: { ...notification, subject: 'Nightly failed' },
          }
          const jobId = await engine.addJob(job)
          standard.write('mode = strict\n')
          await engine.run(jobId)
          standard.write('mode = loose\n')
          const second = await engine.run(jobId)
          await until('two mails', () => (mails.length === 2 ? true : undefined))
          const text = (mail: number): string => unfolded(mails[mail])
          assert.match(text(0), /Test, small on 1 asset: score 100\.0\r\n {2}2 passed, 0 failed, 0 unknown/)
          assert.doesNotMatch(text(0), /Since the last run/)
          assert.match(text(1), /Since the last run: 1 newly failing, 0 recovered, 0 no longer reachable/)
          assert.match(text(1), /newly failing: mode \(medium, Test, small\) on this machine/)
          assert.match(text(1), new RegExp(`^Message-ID: <${second.id}\\.success@ccs\\.example\\.org>`, 'm'))
          const router = await engine.addAsset('router', { transport: 'none' })
          await engine.changeJob(jobId, { ...job, assetsResolutionInfo: [{ id: router, type: '' }] })
          await engine.run(jobId)
          await until('the failure', () => (mails.length === 3 ? true : undefined))
          assert.match(text(2), /^Subject: Nightly failed\r$/m)
          assert.match(text(2), /: Failed\r$/m)
        },
        { settings: { smtpUrl } },
      ),
    ))

  it('says what changed against the last time that an asset could be asked, and which cannot be any more', () =>
    withMailServer(async (smtpUrl, mails) => {
      let isUp = true
      const openSession: OpenSession = async (asset, signal) => {
        if (!isUp && asset.name === 'web') throw new TransportError('auth-refused', 'the account was refused')
        return openThisMachine(asset, signal)
      }
      await withEngine(
        async (engine, standard) => {
          const ids = [await engine.addAsset('db'), await engine.addAsset('web')]
          const jobId = await engine.addJob({
            assetsResolutionInfo: ids.map((id) => ({ id, type: '' })),
            standards: [engine.standardIds.small],
            shouldSendSuccessNotification: true,
            successNotification: notification,
          })
          const changes: string[] = []
          const run = async (mode: string, up: boolean): Promise<void> => {
            standard.write(`mode = ${mode}\n`)
            isUp = up
            await engine.run(jobId)
            await until('its mail', () => (mails.length === changes.length + 1 ? true : undefined))
            changes.push(/Since the last run: (.*)\r/.exec(unfolded(mails.at(-1)))?.[1] ?? 'first')
          }
          await run('loose', true)
          await run('loose', false)
          assert.match(unfolded(mails[1]), /no longer reachable: web\r/)
          await run('loose', false)
          // What failed before the outage and fails after it is not new.
          await run('loose', true)
          await run('strict', true)
          assert.deepEqual(changes, [
            'first',
            '0 newly failing, 0 recovered, 1 no longer reachable',
            '0 newly failing, 0 recovered, 0 no longer reachable',
            '0 newly failing, 0 recovered, 0 no longer reachable',
            '0 newly failing, 2 recovered, 0 no longer reachable',
          ])
        },
        { settings: { smtpUrl }, openSession },
      )
    }))

  it('is told to the webhook, whatever the job says about mail', async () => {
    const receiver = await startWebhookReceiver()
    try {
      await withEngine(
        async (engine, standard) => {
          standard.write('mode = loose\n')
          const jobId = await engine.addJob({
            assetsResolutionInfo: [{ id: await engine.addAsset('this machine'), type: '' }],
            standards: [engine.standardIds.small],
          })
          const run = await engine.run(jobId)
          const call = await until('the call', () => receiver.received[0])
          assert.deepEqual({ id: call.id, isSigned: call.isSigned }, { id: `run_${run.id}`, isSigned: true })
          const { type, timestamp, data } = JSON.parse(call.body) as {
            type: string
            timestamp: string
            data: { evidence: { oldest: string } }
          }
          assert.deepEqual(
            { type, timestamp, data },
            {
              type: 'run.ended',
              timestamp: run.endedAt,
              data: {
                runId: run.id,
                jobId,
                jobName: run.jobName,
                status: 'Completed',
                trigger: 'request',
                startedAt: run.startedAt,
                endedAt: run.endedAt,
                link: `https://ccs.example.org/api/v1/runs/${run.id}`,
                assets: { completed: 1, failed: 0, unfinished: 0 },
                standards: [
                  {
                    standardId: engine.standardIds.small,
                    title: 'Test, small',
                    assets: 1,
                    score: 50,
                    passed: 1,
                    failed: 1,
                    unknown: 0,
                    notApplicable: 0,
                    manual: 0,
                  },
                ],
                changes: null,
                evidence: data.evidence,
              },
            },
          )
          assert.ok(Date.parse(data.evidence.oldest) > Date.parse(run.queuedAt) - 60_000)
          assert.deepEqual(await messages(engine, run.id), [])
        },
        { settings: receiver.webhook },
      )
    } finally {
      await receiver.close()
    }
  })

  it('says when nobody can be told, because no mail server is configured', () =>
    withEngine(async (engine, standard) => {
      standard.write('mode = strict\n')
      const run = await engine.run(
        await engine.addJob({
          assetsResolutionInfo: [{ id: await engine.addAsset('this machine'), type: '' }],
          standards: [engine.standardIds.small],
          shouldSendSuccessNotification: true,
          successNotification: notification,
        }),
      )
      assert.deepEqual(await messages(engine, run.id), [
        'The notification was not sent, because no mail server is configured. Set PLUMBLINE_SMTP_URL.',
      ])
    }))

  it('brings its results to the reporting database when the job wants that, and only then', () =>
    withReporting((reporting) =>
      withEngine(
        async (engine, standard, { kysely: db }) => {
          standard.write('mode = loose\n')
          const job = {
            assetsResolutionInfo: [{ id: await engine.addAsset('this machine'), type: '' }],
            standards: [engine.standardIds.small],
          }
          await engine.run(await engine.addJob(job))
          const wanted = await engine.run(await engine.addJob({ ...job, shouldSynchronizeResults: true }))
          await until('the results to be there', async () => {
            const run = await db
              .selectFrom('job_runs')
              .select('synchronised_at')
              .where('id', '=', wanted.id)
              .executeTakeFirst()
            return run?.synchronised_at ?? undefined
          })
          const { kysely } = await reporting.database()
          const { rows } = await sql`
            select run_id, assets.name, standards.title, rules.rule_id, outcome
            from rule_results join assets using (asset_id) join rules using (rule_key)
            join standards using (standard_id) order by rule_id`.execute(kysely)
          const common = { run_id: wanted.id, name: 'this machine', title: 'Test, small' }
          assert.deepEqual(rows, [
            { ...common, rule_id: 'xccdf_org.example_rule_family', outcome: 'pass' },
            { ...common, rule_id: 'xccdf_org.example_rule_mode', outcome: 'fail' },
          ])
        },
        { reporting },
      ),
    ))

  it('says when reports go stale, because no reporting database is configured', () =>
    withEngine(async (engine, standard) => {
      standard.write('mode = strict\n')
      const run = await engine.run(
        await engine.addJob({
          assetsResolutionInfo: [{ id: await engine.addAsset('this machine'), type: '' }],
          standards: [engine.standardIds.small],
          shouldSynchronizeResults: true,
        }),
      )
      assert.deepEqual(await messages(engine, run.id), [
        'The results were not brought to the reporting database, because none is configured; reports show what they had. Set REPORTING_DATABASE_URL.',
      ])
    }))

  it('plans another run of what it left incomplete, and that run takes only those', () =>
    withEngine(async (engine, standard, { kysely: db }) => {
      standard.write('mode = strict\n')
      const [here, router] = [await engine.addAsset('here'), await engine.addAsset('router', { transport: 'none' })]
      const schedule = {
        ...emptySchedule(Temporal.Now.instant()),
        runPeriodically: true,
        repeatDays: 30,
        subScheduleRepeatDays: 1,
        subScheduleRepeatPeriodDays: 5,
      }
      const jobId = await engine.addJob({
        assetsResolutionInfo: [here, router].map((id) => ({ id, type: '' })),
        standards: [engine.standardIds.small],
        schedule,
      })
      const first = await engine.run(jobId)
      assert.equal(first.status, 'Completed with errors')
      const [plan] = await db.selectFrom('job_reruns').selectAll().execute()
      assert.deepEqual(
        { job: plan?.job_id, of: plan?.run_id, days: daysFromNow(plan?.due_at), until: daysFromNow(plan?.until_at) },
        { job: jobId, of: first.id, days: 1, until: 5 },
      )
      const [rerun] = await db.transaction().execute((tx) =>
        engine.context.queue.requestRuns(tx, [
          {
            jobId,
            trigger: 'sub-schedule',
            requestedBy: 'schedule',
            rerun: { of: first.id, until: plan?.until_at ?? null },
          },
        ]),
      )
      const second = await engine.end(rerun?.runId ?? '')
      assert.equal(second.status, 'Failed')
      const assets = await db.selectFrom('run_assets').select('asset_id').where('run_id', '=', second.id).execute()
      assert.deepEqual(assets, [{ asset_id: router }])
      const [next] = await db.selectFrom('job_reruns').selectAll().execute()
      assert.deepEqual({ of: next?.run_id, until: next?.until_at }, { of: second.id, until: plan?.until_at })
    }))

  it('plans none when the schedule that wanted it was replaced while the run was under way', () =>
    withEngine(
      async (engine, _, { kysely: db }) => {
        const schedule = { ...emptySchedule(Temporal.Now.instant()), runPeriodically: true, repeatDays: 30 }
        const router = await engine.addAsset('router', { transport: 'none' })
        const job = { assetsResolutionInfo: [{ id: router, type: '' }], standards: [engine.standardIds.small] }
        for (const [days, plans] of [
          [0, 0],
          [3, 1],
        ] as const) {
          const jobId = await engine.addJob({ ...job, schedule: { ...schedule, subScheduleRepeatDays: 1 } })
          const runId = await engine.start(jobId)
          await startRun(engine.context, { runId })
          await engine.changeJob(jobId, { ...job, schedule: { ...schedule, subScheduleRepeatDays: days } })
          const attempt = { signal: new AbortController().signal, number: 1, isLast: true }
          await collectAsset(engine.context, { runId, assetId: router }, attempt)
          await evaluateAsset(engine.context, { runId, assetId: router }, attempt)
          await finishRun(engine.context, { runId })
          const found = await db.selectFrom('job_reruns').select('due_at').where('job_id', '=', jobId).execute()
          assert.deepEqual(
            found.map(({ due_at: dueAt }) => daysFromNow(dueAt)),
            plans === 0 ? [] : [days],
          )
        }
      },
      { idle: true },
    ))

  it("the product's own jobs do their work and say what it was", () =>
    withReporting((reporting) =>
      withEngine(
        async (engine, standard, { kysely: db }) => {
          standard.write('mode = strict\n')
          const jobId = await engine.addJob({
            assetsResolutionInfo: [{ id: await engine.addAsset('this machine'), type: '' }],
            standards: [engine.standardIds.small],
          })
          const runs = [await engine.run(jobId), await engine.run(jobId)]
          await sql`update job_runs set synchronise = true where id = ${runs[1]?.id ?? ''}`.execute(db)
          await sql`update job_runs set ended_at = now() - interval '200 days' where id = ${runs[0]?.id ?? ''}`.execute(
            db,
          )
          const told: string[][] = []
          for (const type of ['ProductionDataPurgeJob', 'ReportDataSynchronizationJob', 'QueryJob']) {
            const run = await engine.run(await engine.addJob({}, type))
            assert.equal(run.status, 'Completed')
            told.push(await messages(engine, run.id))
          }
          assert.deepEqual(told, [
            ['Dropped runs: 1, results: 1, evidence: 0.'],
            ['Runs brought to the reporting database: 1.'],
            ['Jobs of the type QueryJob do nothing in this version.'],
          ])
        },
        { reporting },
      ),
    ))

  /** A reporting database of the same kind. */
  async function withReporting(use: (reporting: Reporting) => Promise<void>): Promise<void> {
    const url = process.env['TEST_DATABASE_URL']
    const withOne = async (reportingUrl?: string): Promise<void> => {
      const reporting = createReporting({ url: reportingUrl })
      try {
        await use(reporting)
      } finally {
        await reporting.close()
      }
    }
    await (url === undefined ? withOne() : withServerDatabase(url, withOne))
  }
})

function daysFromNow(instant: string | null | undefined): number {
  return Math.round((Date.parse(instant ?? '') - Date.now()) / 86_400_000)
}
