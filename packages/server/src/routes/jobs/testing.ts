import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { newNotes } from '../../api/json-reader.ts'
import type { Task } from '../../api/tasks.ts'
import { buildApp } from '../../app.ts'
import { readConfig } from '../../config.ts'
import type { Config } from '../../config.ts'
import type { Context, ServerOperation } from '../../context.ts'
import type { Database } from '../../db/database.ts'
import { createAlarm } from '../../jobs/alarm.ts'
import { createQueue } from '../../jobs/queue.ts'
import { createLog } from '../../log.ts'
import { createMeters } from '../../meters.ts'
import { emptyJob } from '../../jobs/job-definition.ts'
import type { Reporting } from '../../reporting/reporting.ts'
import { insertJob } from '../../store/jobs.ts'
import { addAsset, addFolder, addStandardRow } from '../../store/testing.ts'
import { issueTokens } from '../../store/tokens.ts'
import { sessionOpener } from '../../tasks/open-session.ts'
import { loadBenchmark } from '../../store/contents.ts'
import { createStandardLibrary } from '../../tasks/standards.ts'
import { assetProbe } from '../../tasks/probe-asset.ts'
import { notificationTrial } from '../../tasks/try-notification.ts'
import { onlineRotation } from '../../rotate-online.ts'
import { createVault } from '../../vault.ts'
import { changesOf, readDetails } from './job-wire.ts'
import { ids } from './update-job.facts.ts'

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

export async function startTestApi(
  database: Database,
  operations: readonly ServerOperation[],
  { reporting, ...settings }: Partial<Config> & { readonly reporting?: Reporting } = {},
): Promise<TestApi> {
  const log = createLog('fatal')
  const environment = { PLUMBLINE_TIME_ZONE: 'Europe/Berlin', PLUMBLINE_LOG_LEVEL: 'fatal' }
  const config: Config = { ...readConfig({}, environment), ...settings }
  const vault = createVault(randomBytes(32))
  const context: Context = {
    config,
    database,
    log,
    queue: await createQueue(database, log),
    alarm: createAlarm(),
    vault,
    meters: createMeters(),
    reporting,
    tryNotification: notificationTrial(config),
    rotateMasterKey: onlineRotation({ config, database, vault }),
    probeAsset: assetProbe({
      database,
      openSession: sessionOpener({ database, vault, settings: config }),
      standards: createStandardLibrary((digest, benchmarkId) => loadBenchmark(database.kysely, digest, benchmarkId)),
    }),
  }
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

export const sixTasks = [
  'View standards',
  'View assets',
  'Manage jobs',
  'Collect data',
  'Evaluate standards',
  'View evaluation results',
] as const
export const bothFolders = ['Asset System', 'Standards'] as const

/** What the ids of the facts stand for. */
export async function addWorld({ kysely }: Database): Promise<void> {
  const assets = await addFolder(kysely, 'Asset System\\Assets')
  const standards = await addFolder(kysely, 'Standards\\Predefined\\unix')
  const windows = 'symc-csm-AssetSystem-Asset-Wnt-Machine'
  for (const [id, asset] of [
    [ids.asset, { name: 'web-1' }],
    [ids.otherAsset, { name: 'web-2', type: windows }],
    [ids.deletedAsset, { name: 'web-3' }],
  ] as const) {
    const made = await addAsset(kysely, assets, asset)
    await kysely.updateTable('assets').set({ id }).where('id', '=', made).execute()
  }
  await kysely
    .updateTable('assets')
    .set({ deleted_at: sql`now()` })
    .where('id', '=', ids.deletedAsset)
    .execute()
  await kysely
    .insertInto('asset_groups')
    .values({ id: ids.group, display_name: 'All', folder_id: assets, expression: null })
    .execute()
  for (const id of [ids.standard, ids.otherStandard]) {
    const made = await addStandardRow(kysely, standards, { title: id, ruleCount: 1 })
    await kysely.updateTable('standards').set({ id }).where('id', '=', made.id).execute()
  }
}

/** Empties the jobs, then stores the facts' job with these members (as the wire has them), and one that has a name. */
export async function storeJobs(
  { kysely }: Database,
  details: Readonly<Record<string, unknown>>,
  type = 'CollectionEvaluationJob',
): Promise<void> {
  await kysely.deleteFrom('jobs').execute()
  await kysely.deleteFrom('audit_records').execute()
  const notes = newNotes()
  const sent = readDetails(details, 'JobDetails', notes)
  assert.deepEqual(notes, newNotes())
  const common = { type, category: 'User-defined', createdBy: 'anna', nextRunAt: null } as const
  const members = { ...emptyJob, ...changesOf(sent ?? {}, Temporal.Instant.fromEpochMilliseconds(0)) }
  await insertJob(kysely, { ...common, id: ids.job, members })
  await insertJob(kysely, { ...common, id: ids.otherJob, members: { ...members, jobName: 'Taken' } })
}

/** Every row that an update could touch, as the database has it. */
export async function everything({ kysely }: Database): Promise<string> {
  const { rows } = await sql<{ all: string }>`
    select jsonb_build_array(
      (select jsonb_agg(to_jsonb(jobs) order by id) from jobs),
      (select count(*) from job_runs), (select count(*) from job_run_messages),
      (select count(*) from job_reruns), (select count(*) from audit_records))::text as all`.execute(kysely)
  return rows[0]?.all ?? ''
}
