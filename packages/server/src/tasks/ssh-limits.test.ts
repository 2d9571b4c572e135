import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, it } from 'node:test'
import { sql } from 'kysely'
import { openSshSession } from '@plumbline/collect'
import { noSshd, startSshd } from '../../../collect/src/transports/ssh/testing/sshd.ts'
import type { TestServer } from '../../../collect/src/transports/ssh/testing/sshd.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { latestResult } from '../store/results.ts'
import { countRunAssets, runAssets } from '../store/runs.ts'
import { collectAsset } from './collect-asset.ts'
import { evaluateAsset } from './evaluate-asset.ts'
import { finishRun } from './finish-run.ts'
import { startRun } from './start-run.ts'
import type { OpenSession } from './task-context.ts'
import { engines, until } from './testing.ts'
import type { TestEngine } from './testing.ts'
import { slowness } from '../../../collect/src/testing/slowness.ts'

const attempt = { signal: new AbortController().signal, number: 1, isLast: true }
const skip = noSshd !== false && process.env['CI'] !== 'true' ? noSshd : false

/** Processes of this machine by their command line; the asset is this machine, reached over SSH. */
function processes(matches: (commandLine: string) => boolean): number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return matches(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      } catch {
        return false
      }
    })
    .map(Number)
}

/** Children of the test's sshd: the sessions that are open on the asset. */
function sessionsOf(server: TestServer): number {
  const [daemon] = processes((line) => line.includes(`${server.folder}/sshd_config`) && line.includes('/usr/sbin/sshd'))
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === `${daemon}`
      )
    } catch {
      return false
    }
  }).length
}

describeOnBothDatabases('the limits of a run, over SSH', (withDatabase) => {
  const withEngine = engines(withDatabase)
  let server: TestServer
  before(async () => {
    if (skip === false) server = await startSshd()
  })
  after(() => (skip === false ? server.stop() : undefined))

  /** A command that never ends in the session of the asset `slow`, with a name of its own among all processes. */
  const hanging = () => {
    const seconds = `${300 + Math.random()}`
    const openSession: OpenSession = async (asset, signal) => {
      const session = await openSshSession({
        asset: asset.name,
        target: server.hop(),
        hostKeys: server.hostKeys,
        signal,
      })
      if (asset.name !== 'slow') return session
      const hang = async (): Promise<never> => {
        await session.run(['sleep', seconds])
        throw new Error('the command has ended')
      }
      return { ...session, readBytes: hang, readText: hang }
    }
    return { openSession, count: () => processes((line) => line === `sleep\0${seconds}\0`).length }
  }
  const twoAssets = async (engine: TestEngine, definition: Partial<Parameters<TestEngine['addJob']>[0]> = {}) => {
    const [quick, slow] = [await engine.addAsset('quick'), await engine.addAsset('slow')]
    const jobId = await engine.addJob({
      assetsResolutionInfo: [quick, slow].map((id) => ({ id, type: '' })),
      standards: [engine.standardIds.small],
      ...definition,
    })
    return { quick, slow, jobId }
  }

  it('an abort ends the command and the session on the asset within two seconds', { skip }, async () => {
    const command = hanging()
    await withEngine(
      async (engine, standard, { kysely: db }) => {
        standard.write('mode = strict\n')
        const { jobId } = await twoAssets(engine)
        const runId = await engine.start(jobId)
        await until('the command to run and the quick asset to be done', async () => {
          const counts = await countRunAssets(db, runId)
          return command.count() > 0 && counts.completed === 1 ? true : undefined
        })
        assert.ok(sessionsOf(server) > 0)
        const began = performance.now()
        await engine.abort(runId)
        assert.equal((await engine.end(runId)).status, 'Aborted')
        await until('nothing to be left on the asset', () =>
          command.count() === 0 && sessionsOf(server) === 0 ? true : undefined,
        )
        const took = performance.now() - began
        assert.ok(took < 2000 * slowness(), `${took} ms`)
        assert.deepEqual(await countRunAssets(db, runId), { completed: 1, aborted: 1 })
      },
      { openSession: command.openSession },
    )
  })

  it(
    'the collection limit closes the session on the asset; what was collected is evaluated, the rest unknown',
    { skip },
    async () => {
      const command = hanging()
      await withEngine(
        async (engine, standard, { kysely: db }) => {
          standard.write('mode = strict\n')
          const { quick, slow, jobId } = await twoAssets(engine, { collectionOnlyTimeOutMins: 1 })
          const runId = await engine.start(jobId)
          await startRun(engine.context, { runId })
          await collectAsset(engine.context, { runId, assetId: quick }, attempt)
          await sql`update job_runs set started_at = started_at - interval '54 seconds'`.execute(db)
          const collecting = collectAsset(engine.context, { runId, assetId: slow }, attempt)
          await until('the command to run', () => (command.count() > 0 ? true : undefined))
          await collecting
          await until(
            'nothing to be left on the asset',
            () => (command.count() === 0 && sessionsOf(server) === 0 ? true : undefined),
            2000 * slowness(),
          )
          for (const assetId of [quick, slow]) await evaluateAsset(engine.context, { runId, assetId }, attempt)
          await finishRun(engine.context, { runId })
          const reasons = (await runAssets(db, runId, { limit: 10 })).map(({ name, reason }) => [name, reason])
          assert.deepEqual(Object.fromEntries(reasons), { quick: null, slow: 'collection-time-out' })
          const outcomes = async (assetId: string): Promise<unknown> =>
            (await latestResult(db, assetId, engine.standardIds.small))?.outcomes
          assert.deepEqual(
            [await outcomes(quick), await outcomes(slow)],
            [
              ['pass', 'pass'],
              ['unknown', 'unknown'],
            ],
          )
          const { detail } = (await latestResult(db, slow, engine.standardIds.small)) ?? {}
          assert.match(detail?.reason ?? '', /time limit for collecting was reached/)
        },
        { openSession: command.openSession, idle: true },
      )
    },
  )

  it('the limit of one asset does the same for that asset alone', { skip }, async () => {
    const command = hanging()
    await withEngine(
      async (engine, standard, { kysely: db }) => {
        standard.write('mode = strict\n')
        const { jobId } = await twoAssets(engine)
        const runId = await engine.start(jobId)
        await until('the command to run', () => (command.count() > 0 ? true : undefined))
        assert.equal((await engine.end(runId)).status, 'Completed with errors')
        await until(
          'nothing to be left on the asset',
          () => (command.count() === 0 && sessionsOf(server) === 0 ? true : undefined),
          2000 * slowness(),
        )
        const reasons = (await runAssets(db, runId, { limit: 10 })).map(({ name, reason }) => [name, reason])
        assert.deepEqual(Object.fromEntries(reasons), { quick: null, slow: 'asset-time-out' })
      },
      { openSession: command.openSession, settings: { assetTimeoutSeconds: 6 } },
    )
  })
})
