import assert from 'node:assert/strict'
import { it, test } from 'node:test'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import type { Tables } from '../../db/schema.ts'
import { describeOnBothDatabases } from '../../db/testing.ts'
import { createMeters, gauge } from '../../meters.ts'
import { operations } from '../../operations.ts'
import { addAsset, addEndedRun, addFolder, addJob } from '../../store/testing.ts'
import { startTestApi } from '../jobs/testing.ts'

interface Metric {
  readonly help: string
  readonly type: string
  readonly samples: { readonly name: string; readonly labels: Record<string, string>; readonly value: number }[]
}

/** Prometheus' text format, 0.0.4, to the letter: anything that it does not allow is refused. */
function parse(text: string): Map<string, Metric> {
  const metrics = new Map<string, Metric>()
  let help: [string, string] | undefined
  let current: [string, Metric] | undefined
  assert.ok(text.endsWith('\n'), 'the last line ends too')
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line)
    if (comment !== null) {
      const [, kind, name = '', rest = ''] = comment
      if (kind === 'HELP') {
        assert.match(rest, /^(?:[^\\]|\\\\|\\n)*$/, line)
        help = [name, rest]
        continue
      }
      assert.equal(help?.[0], name, 'a type follows the help of its metric')
      assert.match(rest, /^(?:counter|gauge|histogram|summary)$/)
      assert.ok(!metrics.has(name), `${name} is there twice`)
      current = [name, { help: help[1], type: rest, samples: [] }]
      metrics.set(...current)
      continue
    }
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/.exec(line)
    assert.ok(sample !== null && current !== undefined, `no sample: ${line}`)
    const [, name = '', inside = '', value] = sample
    const [family, { type, samples }] = current
    const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
    assert.ok(
      suffixes.some((suffix) => name === family + suffix),
      `${name} stands below ${family}`,
    )
    samples.push({ name, labels: parseLabels(inside), value: Number(value?.replace('Inf', 'Infinity')) })
  }
  for (const [name, { samples }] of metrics) {
    const keys = samples.map(({ name: one, labels }) => JSON.stringify([one, labels]))
    assert.equal(new Set(keys).size, keys.length, `${name} has a sample twice`)
  }
  return metrics
}

function parseLabels(inside: string): Record<string, string> {
  const pairs = [...inside.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/gy)]
  assert.equal(pairs.map(([whole]) => whole).join(''), inside, `labels: ${inside}`)
  return Object.fromEntries(
    pairs.map(([, name, value = '']) => [
      name,
      value.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one)),
    ]),
  )
}

function only(metrics: Map<string, Metric>, name: string): Record<string, number> {
  const metric = metrics.get(name)
  assert.ok(metric !== undefined, `${name} is missing`)
  return Object.fromEntries(metric.samples.map(({ labels, value }) => [Object.values(labels).join(' '), value]))
}

describeOnBothDatabases('GET /metrics', (withDatabase) => {
  it('gives figures to those who may see the configuration, in the form that Prometheus reads', () =>
    withDatabase(async (database) => {
      const api = await startTestApi(database, operations)
      try {
        assert.equal((await api.send('GET', '/metrics')).status, 401)
        const nobody = await api.addCaller('nobody', [], [])
        assert.equal((await api.send('GET', '/metrics', { token: nobody })).status, 403)
        const token = await api.addCaller('operator', ['View Configuration Settings'], [])
        const read = async (): Promise<Map<string, Metric>> => {
          const { status, text, headers } = await api.send('GET', '/metrics', { token })
          assert.equal(status, 200)
          assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
          return parse(text)
        }
        const empty = await read()
        assert.deepEqual(only(empty, 'plumbline_jobs'), { '': 0 })
        assert.deepEqual(only(empty, 'plumbline_run_seconds'), {})
        assert.deepEqual(only(empty, 'plumbline_reporting_lag_seconds'), { '': 0 })

        const { kysely: db } = database
        await addAsset(db, await addFolder(db, 'asset system'), { name: 'web' })
        const [nightly, weekly] = [await addJob(db, { name: 'Nightly' }), await addJob(db, { name: 'Weekly' })]
        for (const [seconds, synchronise] of [
          [10, true],
          [30, false],
        ] as const) {
          const runId = await addEndedRun(db, nightly, { synchronise })
          await sql`update job_runs set ended_at = now() - interval '60 seconds',
            started_at = now() - interval '60 seconds' - make_interval(secs => ${seconds}::integer) where id = ${runId}`.execute(
            db,
          )
        }
        await addEndedRun(db, nightly, { endedAt: '2026-01-01T00:00:00Z' })
        await db
          .transaction()
          .execute((tx) =>
            api.context.queue.requestRun(tx, { id: weekly }, { trigger: 'request', requestedBy: 'anna' }),
          )
        await db
          .insertInto('outbox')
          .values({
            id: crypto.randomUUID(),
            run_id: (await db.selectFrom('job_runs').select('id').executeTakeFirstOrThrow()).id,
            kind: 'success',
            message_id: '',
            message: '{}',
            created_at: '2026-01-01T00:00:00Z',
          } as never)
          .execute()
        const full = await read()
        assert.deepEqual(only(full, 'plumbline_assets'), { '': 1 })
        assert.deepEqual(only(full, 'plumbline_runs'), { Queued: 1 })
        assert.deepEqual(only(full, 'plumbline_queue_tasks'), { 'start-run created': 1 })
        assert.deepEqual(only(full, 'plumbline_runs_ended'), { Completed: 2 })
        const seconds = Object.entries(only(full, 'plumbline_run_seconds')).map(([at, value]) => [
          at,
          Math.round(value),
        ])
        assert.deepEqual(Object.fromEntries(seconds), { '0.5': 20, '0.95': 29, '1': 30 })
        assert.deepEqual(only(full, 'plumbline_runs_to_synchronise'), { '': 1 })
        const lag = only(full, 'plumbline_reporting_lag_seconds')[''] ?? 0
        assert.ok(lag >= 60 && lag < 3600, `lag ${lag}`)
        assert.deepEqual(only(full, 'plumbline_mail_waiting'), { '': 1 })
        assert.ok((only(full, 'plumbline_mail_oldest_seconds')[''] ?? 0) > 86_400)
        assert.deepEqual(only(full, 'plumbline_overdue_seconds'), { '': 0 })
        const overdue = async () => Math.floor((only(await read(), 'plumbline_overdue_seconds')[''] ?? 0) / 100)
        await sql`insert into job_reruns (job_id, run_id, due_at)
          select job_id, id, now() - interval '150 seconds' from job_runs where ended_at is not null limit 1`.execute(
          db,
        )
        assert.equal(await overdue(), 1, 'a rerun')
        await sql`update jobs set next_run_at = now() - interval '250 seconds' where id = ${weekly}`.execute(db)
        assert.equal(await overdue(), 2, 'an occurrence')
        const began = only(full, 'process_start_time_seconds')[''] ?? 0
        assert.ok(began > 1.7e9 && began <= Date.now() / 1000)
        assert.ok((only(full, 'process_resident_memory_bytes')[''] ?? 0) > 1e6)
        assert.equal(full.get('process_cpu_seconds_total')?.type, 'counter')
        const requests = full.get('plumbline_http_request_seconds')
        assert.equal(requests?.type, 'histogram')
        checkBuckets(requests?.samples ?? [])
      } finally {
        await api.close()
      }
    }))

  it('says that the server is ready as long as its database answers, and alive all the same', () =>
    withDatabase(async (database) => {
      const api = await startTestApi(database, operations)
      const statuses = async (): Promise<number[]> =>
        Promise.all(['/readyz', '/api/v1/health', '/healthz'].map(async (path) => (await api.send('GET', path)).status))
      try {
        assert.deepEqual(await statuses(), [200, 200, 200])
        // A connection pool of a server that is not there.
        const gone = new Kysely<Tables>({
          dialect: new PostgresDialect({ pool: new Pool({ host: '127.0.0.1', port: 1 }) }),
        })
        Object.assign(api.context, { database: { ...database, kysely: gone } })
        assert.deepEqual(await statuses(), [503, 503, 200])
      } finally {
        Object.assign(api.context, { database })
        await api.close()
      }
    }))
})

test('labels and help bear any text', () => {
  const name = 'a "name" with \\ and\nmore'
  const text = `${gauge('figure', 'Says \\ and\nmore.', [{ labels: { name }, value: 1 }]).join('\n')}\n`
  const metric = parse(text).get('figure')
  assert.equal(metric?.help, 'Says \\\\ and\\nmore.')
  assert.deepEqual(metric.samples, [{ name: 'figure', labels: { name }, value: 1 }])
})

test('requests are counted in buckets that grow', () => {
  const meters = createMeters()
  const labels = { method: 'GET', route: '/a', status: 200 }
  for (const seconds of [0.001, 0.07, 3, 60]) meters.request(labels, seconds)
  const samples = parse(meters.text()).get('plumbline_http_request_seconds')?.samples ?? []
  checkBuckets(samples)
  assert.equal(samples.find(({ name }) => name.endsWith('_sum'))?.value, 63.071)
  assert.equal(samples.find(({ labels: { le } }) => le === '0.1')?.value, 2)
})

/** Of each series: cumulative, ordered by their bounds, the last one all there are. */
function checkBuckets(samples: Metric['samples']): void {
  const series = Map.groupBy(samples, ({ labels }) => JSON.stringify({ ...labels, le: '' }))
  assert.ok(series.size > 0, 'there is something to check')
  for (const [, ofSeries] of series) {
    const buckets = ofSeries.filter(({ name }) => name.endsWith('_bucket'))
    const bounds = buckets.map(({ labels: { le = '' } }) => Number(le.replace('Inf', 'Infinity')))
    assert.deepEqual(
      bounds,
      bounds.toSorted((a, b) => a - b),
    )
    assert.equal(bounds.at(-1), Infinity)
    const counts = buckets.map(({ value }) => value)
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    )
    assert.equal(counts.at(-1), ofSeries.find(({ name }) => name.endsWith('_count'))?.value)
  }
}
