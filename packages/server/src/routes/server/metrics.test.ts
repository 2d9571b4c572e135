import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeOnBothDatabases } from '../../db/testing.ts'
import { operations } from '../../operations.ts'
import { startTestApi } from '../jobs/testing.ts'

describeOnBothDatabases('GET /metrics', (withDatabase) => {
  test('gives figures to those who may see the configuration, in the form that Prometheus reads', () =>
    withDatabase(async (database) => {
      const api = await startTestApi(database, operations)
      try {
        assert.equal((await api.send('GET', '/metrics')).status, 401)
        const nobody = await api.addCaller('nobody', [], [])
        assert.equal((await api.send('GET', '/metrics', { token: nobody })).status, 403)
        const token = await api.addCaller('operator', ['View Configuration Settings'], [])
        const { status, text, headers } = await api.send('GET', '/metrics', { token })
        assert.equal(status, 200)
        assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
        for (const line of text.trimEnd().split('\n')) {
          assert.match(line, /^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{(?:\w+="(?:[^"\\]|\\.)*",?)+\})? [\d.e+-]+)$/, line)
        }
        assert.match(text, /^plumbline_jobs 0$/m)
        assert.match(text, /^plumbline_http_request_seconds_count\{method="GET",route="\/metrics",status="403"\} 1$/m)
        assert.equal((await api.send('GET', '/readyz')).status, 200)
      } finally {
        await api.close()
      }
    }))
})
