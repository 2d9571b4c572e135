import assert from 'node:assert/strict'
import { it } from 'node:test'
import { describeOnBothDatabases } from '../../db/testing.ts'
import { startTestApi } from '../jobs/testing.ts'
import { getRun } from './get-run.ts'

const id = '5ed919fd-9f70-429a-bd36-f22bcbbe8fa4'
const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

describeOnBothDatabases('the address of a run', (withDatabase) => {
  it('tells a browser how to see the run, and programs what it tells them', () =>
    withDatabase(async (database) => {
      const api = await startTestApi(database, [getRun], { publicUrl: 'https://plumbline.example.org' })
      try {
        const page = await api.send('GET', `/api/v1/runs/${id}`, { headers: browser })
        assert.deepEqual(
          [page.status, page.headers['content-type'], page.headers['www-authenticate']],
          [401, 'text/html; charset=utf-8', 'Bearer'],
        )
        assert.match(
          page.text,
          /<pre>plumbline login https:\/\/plumbline\.example\.org\nplumbline job assets 5ed919fd-/,
        )
        const other = await api.send('GET', '/api/v1/runs/%3Cscript%3E', { headers: browser })
        assert.ok(!other.text.includes('script') && other.text.includes('plumbline job assets RUN'))

        const refused = { Message: 'Authorization has been denied for this request.' }
        for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json' }]) {
          const reply = await api.send('GET', `/api/v1/runs/${id}`, { headers })
          assert.deepEqual([reply.status, reply.body], [401, refused])
        }
        const token = await api.addCaller('anna', ['View all jobs', 'View assets'], ['Asset System', 'Standards'])
        const reply = await api.send('GET', `/api/v1/runs/${id}`, { token, headers: browser })
        assert.deepEqual([reply.status, reply.body], [404, { Message: `Job run '${id}' not found.` }])
      } finally {
        await api.close()
      }
    }))
})
