import { setTimeout } from 'node:timers/promises'
import { Type } from 'typebox'
import { sql } from 'kysely'
import { defineOperation } from '../../context.ts'

const patienceMs = 5000

/** For load balancers: 200 as long as the database answers within five seconds. */
export const healthOperation = defineOperation({
  method: 'GET',
  path: '/api/v1/health',
  summary: 'Whether the server and its database answer',
  access: 'public',
  replies: {
    200: Type.Object({ status: Type.Literal('ok') }),
    503: Type.Object({ status: Type.Literal('the database does not answer') }),
  },
  async handler({ database, log }) {
    const asked = sql`select 1`.execute(database.kysely).then(() => 'ok' as const)
    const limit = new AbortController()
    try {
      const late = setTimeout(patienceMs, 'late' as const, { signal: limit.signal })
      late.catch(() => undefined)
      if ((await Promise.race([asked, late])) === 'ok') return { status: 200, body: { status: 'ok' } }
      asked.catch(() => undefined)
    } catch (error) {
      log.warn({ err: error }, 'the database does not answer')
    } finally {
      limit.abort()
    }
    return { status: 503, body: { status: 'the database does not answer' } }
  },
})

/** Whether this server should get requests: the same question, for those who ask for readiness by name. */
export const readyOperation = defineOperation({ ...healthOperation, path: '/readyz' })

/** Whether this process is alive: starting it anew would not bring a database back. */
export const aliveOperation = defineOperation({
  method: 'GET',
  path: '/healthz',
  summary: 'Whether the server answers at all',
  access: 'public',
  replies: { 200: Type.Object({ status: Type.Literal('ok') }) },
  handler: async () => ({ status: 200, body: { status: 'ok' } }),
})
