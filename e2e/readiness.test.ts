import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestServer, withoutTestServer } from '../packages/server/src/db/testing-server.ts'
import { RunningServer } from './running-server.ts'

test(
  'a server is ready while its database is there, and alive without it',
  { skip: withoutTestServer() },
  async (t) => {
    const database = await createTestServer()
    t.after(() => database.close())
    await database.start()
    const server = await RunningServer.start({
      databaseUrl: database.url,
      environment: { PLUMBLINE_LOG_LEVEL: 'silent' },
    })
    t.after(() => server.remove())
    const statuses = (): Promise<number[]> =>
      Promise.all(
        ['/readyz', '/api/v1/health', '/healthz'].map(async (path) => (await server.send('GET', path)).status),
      )
    const until = async (...wanted: number[]): Promise<void> => {
      let found: number[] = []
      for (const end = Date.now() + 30_000; Date.now() < end;) {
        found = await statuses()
        if (found.join() === wanted.join()) return
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      assert.deepEqual(found, wanted)
    }
    assert.deepEqual(await statuses(), [200, 200, 200])
    for (let outage = 1; outage <= 2; outage += 1) {
      await database.kill()
      assert.deepEqual(await statuses(), [503, 503, 200], `outage ${outage}`)
      await database.start()
      await until(200, 200, 200)
    }
  },
)
