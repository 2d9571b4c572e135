import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { readContent } from '@plumbline/scap'
import type { BenchmarkContent } from '@plumbline/scap'
import { openLocalSession } from '@plumbline/collect'
import type { Session } from '@plumbline/collect'
import type { Database } from '../db/database.ts'
import type { WithDatabase } from '../db/testing.ts'
import { emptyJob } from '../jobs/job-definition.ts'
import type { JobDefinition } from '../jobs/job-definition.ts'
import { createGraces } from '../jobs/graces.ts'
import { createQueue } from '../jobs/queue.ts'
import { createRunWatch } from '../jobs/run-watch.ts'
import { hasEnded } from '../jobs/states.ts'
import { startWorking } from '../jobs/worker.ts'
import type { Reporting } from '../reporting/reporting.ts'
import { findRun } from '../store/runs.ts'
import type { Run } from '../store/runs.ts'
import { addAsset, addFolder, addJob } from '../store/testing.ts'
import type { AssetAddress } from '../db/schema.ts'
import { buryTask } from './dead-task.ts'
import { serverHandlers } from './handlers.ts'
import { createVault } from '../vault.ts'
import { sessionOpener } from './open-session.ts'
import { createStandardLibrary } from './standards.ts'
import type { OpenSession, TaskContext, TaskSettings } from './task-context.ts'

/**
 * A standard over one file of its own folder. Rules: this is a Unix system; the file says `mode = strict`; the file says
 * `size = large` (only in the profile `full`).
 */
export interface TestStandard {
  readonly content: BenchmarkContent
  /** Writes the file that the rules read. */
  write(text: string): void
  remove(): void
}

export function makeTestStandard(): TestStandard {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-run-'))
  const file = join(folder, 'setting.conf')
  const setting = (number: number, name: string, value: string): string => `
    <ind:textfilecontent54_test id="oval:test:tst:${number}" version="1" check="all" comment="${name} is ${value}">
      <ind:object object_ref="oval:test:obj:${number}"/><ind:state state_ref="oval:test:ste:${number}"/>
    </ind:textfilecontent54_test>
    |
    <ind:textfilecontent54_object id="oval:test:obj:${number}" version="1">
      <ind:filepath>${file}</ind:filepath>
      <ind:pattern operation="pattern match">^${name}\\s*=\\s*(\\w+)$</ind:pattern>
      <ind:instance datatype="int">1</ind:instance>
    </ind:textfilecontent54_object>
    |
    <ind:textfilecontent54_state id="oval:test:ste:${number}" version="1">
      <ind:subexpression>${value}</ind:subexpression>
    </ind:textfilecontent54_state>`
  const settings = [setting(2, 'mode', 'strict'), setting(3, 'size', 'large')].map((text) => text.split('|'))
  const part = (index: number): string => settings.map((texts) => texts[index]).join('')
  const oval = `<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"
      xmlns:ind="http://oval.mitre.org/XMLSchema/oval-definitions-5#independent"
      xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5">
    <generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
    <definitions>${[1, 2, 3]
      .map(
        (number) => `
      <definition id="oval:test:def:${number}" version="1" class="compliance">
        <metadata><title>Definition ${number}</title><description/></metadata>
        <criteria><criterion test_ref="oval:test:tst:${number}"/></criteria>
      </definition>`,
      )
      .join('')}
    </definitions>
    <tests>
      <ind:family_test id="oval:test:tst:1" version="1" check="all" comment="unix">
        <ind:object object_ref="oval:test:obj:1"/><ind:state state_ref="oval:test:ste:1"/>
      </ind:family_test>${part(0)}
    </tests>
    <objects><ind:family_object id="oval:test:obj:1" version="1"/>${part(1)}</objects>
    <states><ind:family_state id="oval:test:ste:1" version="1"><ind:family>unix</ind:family></ind:family_state>${part(2)}</states>
  </oval_definitions>`
  const rule = (number: number, name: string, severity: string): string => `
    <Rule id="xccdf_org.example_rule_${name}" severity="${severity}" selected="${number < 3}">
      <title>${name}</title>
      <check system="http://oval.mitre.org/XMLSchema/oval-definitions-5">
        <check-content-ref href="test-oval.xml" name="oval:test:def:${number}"/>
      </check>
    </Rule>`
  const xccdf = `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_org.example_benchmark_test">
    <status>draft</status><title>Test</title><version>1.0.0</version>
    <Profile id="xccdf_org.example_profile_full"><title>Full</title>
      <select idref="xccdf_org.example_rule_size" selected="true"/>
    </Profile>
    ${rule(1, 'family', 'high')}${rule(2, 'mode', 'medium')}${rule(3, 'size', 'low')}
  </Benchmark>`
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const { benchmarks } = readContent({ name: 'test-xccdf.xml', data: bytes(xccdf) }, (name) =>
    name === 'test-oval.xml' ? { name, data: bytes(oval) } : undefined,
  )
  const [content] = benchmarks
  if (content === undefined) throw new Error('the test standard has no benchmark')
  return {
    content,
    write: (text) => writeFileSync(file, text),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export interface TestEngine {
  readonly context: TaskContext
  /** By their profile: the benchmark's defaults, and `full`. */
  readonly standardIds: { readonly small: string; readonly full: string }
  addAsset(name: string, address?: AssetAddress): Promise<string>
  addJob(definition: Partial<JobDefinition>, type?: string): Promise<string>
  changeJob(jobId: string, definition: Partial<JobDefinition>): Promise<void>
  start(jobId: string): Promise<string>
  /** Waits for the run's end. */
  end(runId: string): Promise<Run>
  /** Starts a run and waits for its end. */
  run(jobId: string): Promise<Run>
  abort(runId: string): Promise<void>
  stop(graceMs?: number): Promise<void>
}

export interface TestEngineOptions {
  readonly openSession?: OpenSession
  readonly reporting?: Reporting
  readonly settings?: Partial<TaskSettings>
  /** No worker: the test calls the tasks itself. */
  readonly idle?: true
  /** For a second engine on a database that has its rows already. */
  readonly standardIds?: { readonly small: string; readonly full: string }
}

/** Queue, worker and tasks on a database, in this process, as the server wires them. */
export async function startTestEngine(
  database: Database,
  standard: TestStandard,
  options: TestEngineOptions = {},
): Promise<TestEngine> {
  const db = database.kysely
  const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' })
  const queue = await createQueue(database, log)
  const watch = createRunWatch(db, log)
  const graces = createGraces(log)
  const context: TaskContext = {
    database,
    queue,
    log,
    watch,
    graces,
    reporting: options.reporting,
    standards: createStandardLibrary(async () => ({ content: standard.content, bytes: 1 })),
    openSession:
      options.openSession ??
      sessionOpener({
        database,
        vault: createVault(randomBytes(32)),
        settings: { commandTimeoutSeconds: 10, connectTimeoutSeconds: 10, unknownHostKeys: 'refuse' },
      }),
    settings: {
      timeZone: 'UTC',
      smtpUrl: undefined,
      mailFrom: undefined,
      webhookUrl: undefined,
      webhookSecret: undefined,
      publicUrl: 'https://ccs.example.org',
      jitterSeconds: 0,
      assetTimeoutSeconds: 60,
      retentionDays: 180,
      retentionRuns: 1000,
      ...options.settings,
    },
  }
  const standardIds = options.standardIds ?? (await addStandards(database, standard))
  if (options.idle !== true)
    await startWorking(queue, serverHandlers(context, 4), (task, attempt) => buryTask(context, task, attempt))
  const assetFolder = async (): Promise<string> =>
    (await db.selectFrom('folders').select('id').executeTakeFirstOrThrow()).id
  const engine: TestEngine = {
    context,
    standardIds,
    addAsset: async (name, address) =>
      addAsset(db, await assetFolder(), { name, ...(address === undefined ? {} : { address }) }),
    addJob: (definition, type) =>
      addJob(db, {
        name: `Job ${randomUUID()}`,
        definition: { ...emptyJob, ...definition },
        ...(type === undefined ? {} : { type }),
      }),
    async changeJob(jobId, definition) {
      await db
        .updateTable('jobs')
        .set({ definition: JSON.stringify({ ...emptyJob, ...definition }) })
        .where('id', '=', jobId)
        .execute()
    },
    async start(jobId) {
      const outcome = await db
        .transaction()
        .execute((tx) => queue.requestRun(tx, { id: jobId }, { trigger: 'request', requestedBy: 'admin' }))
      if ('refused' in outcome) throw new Error(outcome.refused)
      return outcome.runId
    },
    end: (runId) =>
      until(`run ${runId} to end`, async () => {
        const run = await findRun(db, runId)
        return run !== undefined && hasEnded(run.status) ? run : undefined
      }),
    run: async (jobId) => engine.end(await engine.start(jobId)),
    async abort(runId) {
      await db.transaction().execute((tx) => queue.requestAborts(tx, [{ runId, by: 'admin' }]))
    },
    async stop(graceMs = 1000) {
      await queue.stop(graceMs)
      watch.close()
      await graces.close()
    },
  }
  return engine
}

async function addStandards(
  { kysely: db }: Database,
  { content }: TestStandard,
): Promise<{ readonly small: string; readonly full: string }> {
  const folder = await addFolder(db, 'asset system')
  const userId = randomUUID()
  await db.insertInto('users').values({ id: userId, name: 'admin', name_key: 'admin', password_hash: '' }).execute()
  await db.insertInto('user_folders').values({ user_id: userId, folder_id: folder }).execute()
  const digest = randomUUID()
  await db.insertInto('contents').values({ digest, file_name: 'test', bytes: 1, compiled_format: 1 }).execute()
  const ids = { small: randomUUID(), full: randomUUID() }
  for (const [name, id] of Object.entries(ids)) {
    await db
      .insertInto('standards')
      .values({
        id,
        content_digest: digest,
        benchmark_id: content.benchmark.id,
        profile_id: name === 'full' ? 'xccdf_org.example_profile_full' : null,
        title: `Test, ${name}`,
        description: '',
        version: '1.0.0',
        author: 'test',
        folder_id: folder,
        target_type_ids: '[]',
        rule_count: name === 'full' ? 3 : 2,
        predefined: false,
      })
      .execute()
  }
  return ids
}

type Use = (engine: TestEngine, standard: TestStandard, database: Database) => Promise<void>

/** An engine for each test of a suite. */
export function engines(withDatabase: WithDatabase): (use: Use, options?: TestEngineOptions) => Promise<void> {
  return (use, options = {}) =>
    withDatabase(async (database) => {
      const standard = makeTestStandard()
      const engine = await startTestEngine(database, standard, options)
      try {
        await use(engine, standard, database)
      } finally {
        await engine.stop()
        standard.remove()
      }
    })
}

/** Every asset is this machine. */
export const openThisMachine: OpenSession = async ({ name }, signal) =>
  openLocalSession({ asset: name, signal, commandTimeoutMs: 60_000 })

/** A local session whose reading of the test standard's file waits for `gate`, or for what `slow` does instead. */
export function slowSession(slow: (session: Session, signal: AbortSignal) => Promise<unknown>): OpenSession {
  return async (asset, signal) => {
    const session = await openThisMachine(asset, signal)
    return {
      ...session,
      async readBytes(path) {
        await slow(session, signal)
        return session.readBytes(path)
      },
      async readText(path) {
        await slow(session, signal)
        return session.readText(path)
      },
    }
  }
}

/** Waits for the thing itself, with a limit. */
export async function until<Value>(
  what: string,
  find: () => Promise<Value | undefined> | Value | undefined,
  limitMs = 20_000,
): Promise<Value> {
  for (const end = Date.now() + limitMs; Date.now() < end;) {
    const found = await find()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`waited ${limitMs} ms in vain for ${what}`)
}
