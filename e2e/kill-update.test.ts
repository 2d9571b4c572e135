import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunningServer } from './running-server.ts'

const kills = process.env['CI'] === 'true' ? 50 : 6

interface Job {
  readonly JobID: string
  readonly JobDetails: { readonly JobDescription: string; readonly IncrementalPeriod: number }
}

/** Both members come from one number, so that half of an update would show. */
const detailsOf = (n: number) => ({ JobDescription: `update ${n}`, IncrementalPeriod: (n % 1000) + 1 })

const read = async (server: RunningServer): Promise<Job> =>
  (await server.request('GET', '/ccs/api/v1/jobs?jobname=Check+this+machine')).body as Job

test(`after kill -9 in mid-update, ${kills} times, every acknowledged update is there and none is half applied`, async (t) => {
  let server = await RunningServer.start({ environment: { PLUMBLINE_LOG_LEVEL: 'fatal' } })
  const { dataDirectory } = server
  t.after(() => server.remove())
  const { JobID } = await read(server)
  let sent = 0
  // What the last start found: an update that was sent and never answered may or may not be there.
  let acknowledged = 0
  for (let round = 1; round <= kills; round += 1) {
    // Anything from before the first answer to well into the stream of updates.
    const killed = new Promise<void>((resolve) => {
      setTimeout(() => void server.stop('SIGKILL').then(() => resolve()), 20 + Math.random() * 300)
    })
    for (;;) {
      const n = sent + 1
      try {
        sent = n
        const answer = await server.request('PATCH', '/ccs/api/v1/jobs/', { JobDetails: detailsOf(n), JobID })
        assert.equal(answer.status, 204, answer.text)
        acknowledged = n
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error
        break
      }
    }
    await killed
    server = await RunningServer.start({ dataDirectory, environment: { PLUMBLINE_LOG_LEVEL: 'fatal' } })
    const { JobDetails } = await read(server)
    const stored = Number(/^update (\d+)$/.exec(JobDetails.JobDescription)?.[1] ?? 0)
    assert.ok(
      stored >= acknowledged && stored <= sent,
      `round ${round}: ${acknowledged} acknowledged, ${stored} stored, ${sent} sent`,
    )
    acknowledged = stored
    if (stored > 0)
      assert.equal(JobDetails.IncrementalPeriod, detailsOf(stored).IncrementalPeriod, `round ${round}: half applied`)
  }
  t.diagnostic(`${sent} updates sent`)
  assert.ok(sent > kills, 'hardly any update was under way')
})
