import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunningServer } from './running-server.ts'

type Line = Readonly<Record<string, unknown>>

const unix = 'symc-csm-AssetSystem-Asset-Unix-Machine'
const secret = 'never-in-a-log'

test('the log tells who asked what, and what a run came to, by ids and without secrets', async (t) => {
  const server = await RunningServer.start({ environment: { PLUMBLINE_LOG_LEVEL: 'debug' } })
  t.after(() => server.remove())
  const lines = (msg: string): Line[] =>
    server.output
      .filter((line) => line.startsWith('{'))
      .flatMap((line) => {
        const read = JSON.parse(line) as Line
        return read['msg'] === msg ? [read] : []
      })
  const oneLine = async (msg: string, member: string, value: unknown): Promise<Line> => {
    for (const end = Date.now() + 30_000; Date.now() < end;) {
      const [found, ...others] = lines(msg).filter((line) => line[member] === value)
      assert.deepEqual(others, [])
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`no line "${msg}" with ${member} ${String(value)}:\n${server.output.join('\n')}`)
  }
  const ask = async <Body>(method: string, path: string, body?: unknown): Promise<{ id: unknown; body: Body }> => {
    const answer = await server.request(method, path, body)
    assert.ok(answer.status < 300, answer.text)
    return { id: answer.headers['plumbline-request-id'], body: answer.body as Body }
  }

  const token = await server.token('admin', RunningServer.password)
  const search = await ask<object>('GET', `/ccs/api/v1/assets?Attributes=displayName%20%3D%20${secret}`)
  // It has no address: a run cannot reach it.
  const made = await ask<[{ Id: string }]>('POST', '/ccs/api/v1/assets', [
    { Type: unix, [`${unix}-HostMachine`]: 'nowhere' },
  ])
  const assetId = made.body[0].Id
  const found = await ask<{ standardDataList: [{ Id: string }] }>(
    'GET',
    '/ccs/api/v1/Standards?Attributes=displayName = *&SearchSubTree=True',
  )
  const job = await ask<{ JobID: string }>('POST', '/ccs/api/v1/jobs', {
    JobType: 'CollectionEvaluationJob',
    JobDetails: {
      JobName: 'Nowhere',
      AssetsResolutionInfo: [{ Id: assetId, Type: unix }],
      Standards: [found.body.standardDataList[0].Id],
    },
  })
  const jobId = job.body.JobID
  const asked = await ask<{ JobRunID: string }>('POST', `/ccs/api/v1/jobs/${jobId}`, { Operation: 'execute' })
  const { JobRunID: runId } = asked.body
  const refused = await server.request(
    'PATCH',
    '/ccs/api/v1/jobs/',
    { [secret]: secret },
    { authorization: `Bearer ${secret}` },
  )
  assert.equal(refused.status, 401)

  const { time: _, milliseconds, ...change } = await oneLine('a request', 'request', job.id)
  assert.ok(typeof milliseconds === 'number' && milliseconds >= 0 && milliseconds < 60_000)
  const route = '/ccs/api/v1/jobs'
  const common = { level: 30, msg: 'a request' }
  assert.deepEqual(change, { ...common, request: job.id, method: 'POST', route, status: 201, account: 'admin' })
  const read = await oneLine('a request', 'request', search.id)
  assert.deepEqual([read['level'], read['route'], read['account']], [20, '/ccs/api/v1/assets', 'admin'])
  const nobody = await oneLine('a request', 'request', refused.headers['plumbline-request-id'])
  assert.deepEqual([nobody['status'], nobody['account']], [401, undefined])

  const execute = await oneLine('a request', 'request', asked.id)
  assert.deepEqual([execute['route'], execute['runId']], ['/ccs/api/v1/jobs/:id', runId], 'the two ids stand together')
  const ended = await oneLine('a run ended', 'runId', runId)
  assert.deepEqual([ended['jobId'], ended['status'], ended['assets']], [jobId, 'Failed', { failed: 1 }])
  const started = await oneLine('a run started', 'runId', runId)
  assert.deepEqual([started['jobId'], started['trigger'], started['assets']], [jobId, 'request', 1])
  const failed = await oneLine('an asset failed', 'runId', runId)
  assert.deepEqual([failed['assetId'], failed['jobId']], [assetId, jobId])
  assert.match(String(failed['reason']), /^[a-z-]+$/)

  const all = server.output.join('\n')
  for (const word of [secret, token, RunningServer.password, 'access_token']) assert.ok(!all.includes(word), word)
})
