import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../app.ts'
import { readConfig } from '../../config.ts'
import type { Context, ServerOperation } from '../../context.ts'
import type { Database } from '../../db/database.ts'
import { createQueue } from '../../jobs/queue.ts'
import { createLog } from '../../log.ts'
import { issueTokens } from '../../store/tokens.ts'
import type { Task } from '../../api/tasks.ts'

export interface TestReply {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** Parsed; undefined when there is none. */
  readonly body: unknown
}

/** The operations of a folder answering from a database, without a network. */
export interface TestApi {
  readonly context: Context
  /** Makes an account with these tasks and folders, and answers with its bearer token. */
  addCaller(name: string, tasks: readonly Task[], folders: readonly string[]): Promise<string>
  /** Strings and bytes are sent as they are, anything else as JSON. */
  send(
    method: 'DELETE' | 'GET' | 'PATCH' | 'POST' | 'PUT',
    url: string,
    options?: { readonly token?: string; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<TestReply>
  close(): Promise<void>
}

export async function startTestApi(database: Database, operations: readonly ServerOperation[]): Promise<TestApi> {
  const log = createLog('fatal')
  const config = readConfig({}, { PLUMBLINE_TIME_ZONE: 'Europe/Berlin', PLUMBLINE_LOG_LEVEL: 'fatal' })
  const context: Context = { config, database, log, queue: await createQueue(database, log) }
  const app: FastifyInstance = buildApp(context, operations, { cert: '', key: '' })
  return {
    context,
    async addCaller(name, tasks, folders) {
      const id = randomUUID()
      const role = `role of ${name}`
      return database.kysely.transaction().execute(async (tx) => {
        await tx
          .insertInto('roles')
          .values({
            name: role,
            name_key: role.toLowerCase(),
            tasks: JSON.stringify(tasks),
            folders: JSON.stringify(folders),
            predefined: false,
          })
          .execute()
        await tx.insertInto('users').values({ id, name, name_key: name.toLowerCase(), password_hash: '' }).execute()
        await tx.insertInto('user_roles').values({ user_id: id, role_name: role }).execute()
        return (await issueTokens(tx, id)).accessToken
      })
    },
    async send(method, url, { token, body, headers = {} } = {}) {
      const payload =
        body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
      const answer = await app.inject({
        method,
        url,
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(payload === undefined ? {} : { payload: typeof payload === 'string' ? payload : Buffer.from(payload) }),
      })
      const text = answer.payload
      const isJson = String(answer.headers['content-type'] ?? '').startsWith('application/json')
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text,
        body: isJson ? (JSON.parse(text) as unknown) : undefined,
      }
    },
    async close() {
      await app.close()
      await context.queue.stop(0)
    },
  }
}
