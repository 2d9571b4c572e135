import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sql } from 'kysely'
import { pino } from 'pino'
import { collect, openLocalSession } from '@plumbline/collect'
import { bareEnvironment } from './bare-environment.ts'
import { recordSession } from '../packages/collect/src/transports/recorded.ts'
import { openDatabase } from '../packages/server/src/db/database.ts'
import type { Database } from '../packages/server/src/db/database.ts'
import { emptyJob } from '../packages/server/src/jobs/job-definition.ts'
import { createQueue } from '../packages/server/src/jobs/queue.ts'
import { hasEnded } from '../packages/server/src/jobs/states.ts'
import { loadBenchmark } from '../packages/server/src/store/contents.ts'
import { pinStandards } from '../packages/server/src/store/run-inputs.ts'
import { findRun } from '../packages/server/src/store/runs.ts'
import { addJob } from '../packages/server/src/store/testing.ts'
import { readFacts } from '../packages/server/src/tasks/asset-facts.ts'
import { createStandardLibrary, planOf } from '../packages/server/src/tasks/standards.ts'

const unix = 'symc-csm-AssetSystem-Asset-Unix-Machine'

type Role = 'serve' | 'worker'

/** One of the processes that share the work. */
export interface Member {
  readonly role: Role
  /** The assets that it has asked so far, in their order. */
  readonly asked: readonly string[]
  /** When it asks another one. */
  nextAsked(): Promise<void>
  kill(): Promise<void>
}

export interface SharingOptions {
  /** Sessions of one process at a time. */
  readonly concurrency: number
  /** What each asset makes its session wait. */
  readonly latencyMs: number
}

/** Servers and workers on one PostgreSQL database, and recorded assets for them. */
export class Sharing {
  readonly database: Database
  readonly members: Member[] = []
  readonly #url: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'plumbline-sharing-'))
  readonly #options: SharingOptions
  readonly #masterKey = randomBytes(32).toString('base64')

  private constructor(url: string, database: Database, options: SharingOptions) {
    this.#url = url
    this.database = database
    this.#options = options
  }

  /** When all of them are up and have nothing to do. */
  static async start(url: string, roles: readonly Role[], options: SharingOptions): Promise<Sharing> {
    const sharing = new Sharing(url, await openDatabase({ url, maxConnections: 2 }), options)
    try {
      await Promise.all(roles.map((role) => sharing.add(role)))
      await sharing.#firstRunEnds()
    } catch (error) {
      await sharing.close()
      throw error
    }
    return sharing
  }

  /** One more process, when it is up. */
  async add(role: Role): Promise<Member> {
    const { concurrency, latencyMs } = this.#options
    const script = join(import.meta.dirname, 'recorded-process.ts')
    const child: ChildProcess = spawn(process.execPath, [script, role, this.#recording, String(latencyMs)], {
      env: {
        ...bareEnvironment,
        DATABASE_URL: this.#url,
        PLUMBLINE_DATA: join(this.#folder, `data-${this.members.length}`),
        PLUMBLINE_PORT: '0',
        PLUMBLINE_ADMIN_PASSWORD: 'a password for tests: 1+1=2',
        PLUMBLINE_MASTER_KEY: this.#masterKey,
        PLUMBLINE_CONCURRENCY: String(concurrency),
        PLUMBLINE_LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    const asked: string[] = []
    const ready = Promise.withResolvers<void>()
    let next = Promise.withResolvers<void>()
    if (child.stdout === null) throw new Error('the output of the process is not read')
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'ready') return ready.resolve()
      asked.push(line)
      next.resolve()
      next = Promise.withResolvers()
    })
    const member: Member = {
      role,
      asked,
      nextAsked: () => next.promise,
      async kill() {
        child.kill('SIGKILL')
        await ended
      },
    }
    this.members.push(member)
    const [outcome] = await Promise.race([ready.promise.then(() => ['ready']), ended])
    if (outcome !== 'ready') throw new Error(`a ${role} process ended with ${String(outcome)}`)
    return member
  }

  /** Every server starts by checking its machine. */
  async #firstRunEnds(): Promise<void> {
    for (const { id } of await this.database.kysely.selectFrom('job_runs').select('id').execute()) await this.ended(id)
  }

  /** Asks for a run of so many assets, each of which answers like this machine does now. */
  async run(assets: number, profile: string): Promise<string> {
    const { kysely: db } = this.database
    const { id: standard } = await db
      .selectFrom('standards')
      .select('id')
      .where('profile_id', 'like', `%_${profile}`)
      .executeTakeFirstOrThrow()
    await this.#record(standard)
    const folder = await db
      .selectFrom('folders')
      .select('id')
      .where('path_key', '=', 'asset system')
      .executeTakeFirstOrThrow()
    const { rows } = await sql<{ id: string }>`
      insert into assets (id, type, display_name, folder_id, identity_key, attributes, address)
      select gen_random_uuid(), ${unix}, 'asset-' || place, ${folder.id}, 'asset-' || place, '{}', '{"transport":"local"}'
      from generate_series(1, ${assets}::integer) as place returning id`.execute(db)
    const assetsResolutionInfo = rows.map(({ id }) => ({ id, type: unix }))
    const jobId = await addJob(db, {
      name: 'Recorded',
      definition: { ...emptyJob, standards: [standard], assetsResolutionInfo },
    })
    const queue = await createQueue(this.database, pino({ level: 'error' }))
    try {
      const made = await db
        .transaction()
        .execute((tx) => queue.requestRun(tx, { id: jobId }, { trigger: 'request', requestedBy: 'admin' }))
      if ('refused' in made) throw new Error(made.refused)
      return made.runId
    } finally {
      await queue.stop(0)
    }
  }

  async #record(standard: string): Promise<void> {
    const { kysely: db } = this.database
    const library = createStandardLibrary((digest, benchmarkId) => loadBenchmark(db, digest, benchmarkId))
    const { plan } = planOf(await library.prepare((await pinStandards(db, [standard])).standards))
    const { session, recording } = recordSession(openLocalSession(), 'the machine of the test')
    const { signal } = new AbortController()
    await Promise.all([collect(session, plan, { now: new Date(), signal }), readFacts(session)])
    writeFileSync(this.#recording, JSON.stringify(recording()))
  }

  get #recording(): string {
    return join(this.#folder, 'recording.json')
  }

  /** The status with which the run ended. */
  async ended(runId: string, limitMs = 120_000): Promise<string> {
    for (const end = Date.now() + limitMs; Date.now() < end;) {
      const found = await findRun(this.database.kysely, runId)
      if (found !== undefined && hasEnded(found.status)) return found.status
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`run ${runId} has not ended within ${limitMs} ms`)
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()))
    await this.database.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
