import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunningServer } from './running-server.ts'
import { SmallDisk } from './small-disk.ts'
import { until } from './until.ts'

const megabyte = 2 ** 20
const environment = { PLUMBLINE_LOG_LEVEL: 'warn' }

test('a server whose disk is full refuses writes, says why, and goes on when there is space', async (t) => {
  const disk = SmallDisk.mount(120)
  if (disk === undefined) return t.skip('only root can mount a small disk')
  t.after(() => disk.remove())
  const server = await RunningServer.start({ dataDirectory: disk.folder, environment })
  t.after(() => server.stop('SIGKILL'))
  await runCheck(server)
  const acknowledged: string[] = []
  const add = async (): Promise<{ status: number; text: string }> => {
    const name = `folder ${acknowledged.length}`
    const answer = await server.request('POST', '/api/v1/folders', { path: `Asset System\\Assets\\${name}` })
    if (answer.status === 201) acknowledged.push(name)
    return answer
  }
  disk.fill(megabyte / 2)
  // What is free inside of the database's files is used up too.
  const refused = await until(
    'a refusal',
    async () => {
      for (let writes = 0; writes < 50; writes += 1) {
        const answer = await add()
        if (answer.status !== 201) return answer
      }
      return undefined
    },
    180_000,
  )
  assert.ok(acknowledged.length > 0, 'something was written before')
  assert.equal(refused.status, 500)
  assert.deepEqual(JSON.parse(refused.text), {
    Message: 'Server encountered an error while serving request. Please contact administrator if problem persists.',
    Details: [
      {
        Member: 'Database',
        Allowed: 'The disk of the database has no space left. Free some, then repeat the request.',
      },
    ],
  })
  assert.equal((await server.send('GET', '/healthz')).status, 200, 'it is alive')
  assert.match(server.output.join('\n'), /No space left on device/, 'the log says so')
  disk.free()
  await until('a write', async () => ((await add()).status === 201 ? true : undefined))
  await runCheck(server)
  await allThere(server, acknowledged)
  assert.equal(await server.stop('SIGTERM'), 0, server.output.slice(-20).join('\n'))
  const again = await RunningServer.start({ dataDirectory: disk.folder, environment })
  t.after(() => again.stop('SIGKILL'))
  await allThere(again, acknowledged)
})

/** The job of the first start, once more, or the run of it that is under way. */
async function runCheck(server: RunningServer): Promise<void> {
  const found = await server.request('GET', '/ccs/api/v1/jobs?jobname=Check%20this%20machine')
  const { JobID } = found.body as { JobID: string }
  await server.request('POST', `/ccs/api/v1/jobs/${JobID}`, { Operation: 'execute' })
  const status = await until('the end of the run', async () => {
    const { body } = await server.request('GET', `/ccs/api/v1/Jobs/${JobID}/jobruns?count=1`)
    const [last] = body as { Status: string }[]
    return ['Queued', 'Executing'].includes(last?.Status ?? '') ? undefined : last?.Status
  })
  assert.equal(status, 'Completed')
}

async function allThere(server: RunningServer, names: readonly string[]): Promise<void> {
  const { text } = await server.request('GET', '/api/v1/folders')
  assert.deepEqual(
    names.filter((name) => !text.includes(`${name}"`)),
    [],
  )
}
