import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { openBlackHole } from '../../../collect/src/transports/ssh/testing/black-hole.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { saveCredential, setUses } from '../store/credentials.ts'
import { hasEnded } from '../jobs/states.ts'
import { countRunAssets, findRun, runAssets } from '../store/runs.ts'
import type { Run } from '../store/runs.ts'
import { createVault } from '../vault.ts'
import { sessionOpener } from './open-session.ts'
import { makeTestStandard, startTestEngine, until } from './testing.ts'
import { slowness } from '../../../collect/src/testing/slowness.ts'

describeOnBothDatabases('assets that do not answer', (withDatabase) => {
  test('keep no other asset waiting, however many there are, and are told of in the end', () =>
    withDatabase(async (database) => {
      const { kysely: db } = database
      const hole = await openBlackHole()
      const standard = makeTestStandard()
      standard.write('mode = strict\n')
      const vault = createVault(randomBytes(32))
      const engine = await startTestEngine(database, standard, {
        openSession: sessionOpener({
          database,
          vault,
          settings: { commandTimeoutSeconds: 20, connectTimeoutSeconds: 12, unknownHostKeys: 'refuse' },
        }),
      })
      try {
        // Three times as many as a test engine has places.
        const silent: string[] = []
        for (let number = 0; number < 12; number += 1) {
          const address = { transport: 'ssh', host: '127.0.0.1', port: hole.port } as const
          silent.push(await engine.addAsset(`silent-${number}`, address))
        }
        const id = randomUUID()
        await db.transaction().execute(async (tx) => {
          const sealed = vault.seal({ password: 'x' }, `credential ${id}`)
          await saveCredential(tx, { id, name: 'c', user: 'root', kinds: ['password'], elevation: 'none', sealed })
          await setUses(tx, id, { assets: silent })
        })
        const job = async (assets: readonly string[]): Promise<string> =>
          engine.addJob({
            assetsResolutionInfo: assets.map((one) => ({ id: one, type: '' })),
            standards: [engine.standardIds.small],
          })
        const slow = await engine.start(await job(silent))
        const began = performance.now()
        await until('all of them to be waited for', async () =>
          (await countRunAssets(db, slow)).collecting === silent.length ? true : undefined,
        )
        const good = await engine.run(await job([await engine.addAsset('this machine')]))
        assert.equal(good.status, 'Completed')
        const took = performance.now() - began
        assert.ok(took < 10_000 * slowness(), `${took} ms`)
        assert.deepEqual(await countRunAssets(db, slow), { collecting: silent.length })
        hole.stop()
        const ended = async (): Promise<Run | undefined> => {
          const run = await findRun(db, slow)
          return run !== undefined && hasEnded(run.status) ? run : undefined
        }
        assert.equal((await until('the others to be given up', ended, 90_000)).status, 'Failed')
        const reasons = (await runAssets(db, slow, { limit: 20 })).map(({ reason }) => reason)
        assert.deepEqual(new Set(reasons), new Set(['connection-refused']))
      } finally {
        await engine.stop()
        standard.remove()
        hole.stop()
      }
    }))
})
