import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Database } from '../../packages/server/src/db/database.ts'
import type { Tables } from '../../packages/server/src/db/schema.ts'
import type { Schedule } from '../../packages/server/src/jobs/schedule.ts'
import type { ReportingTables } from '../../packages/server/src/reporting/schema.ts'
import { verifyAudit } from '../../packages/server/src/store/audit.ts'
import { loadBenchmark } from '../../packages/server/src/store/contents.ts'
import type { Counts, Findings } from './findings.ts'
import { absent, isPresent } from './ledger.ts'
import type { Kind, Ledger, State } from './ledger.ts'
import type { ReceivedMail } from './mail-server.ts'
import { holdRepeating } from './repeating.ts'
import type { Dispatch } from './repeating.ts'
import { reports } from './reports.ts'

type Db = Kysely<Tables>

/** What the harness knows of the world outside of the databases. */
interface World {
  readonly mails: readonly ReceivedMail[]
  /** Of the database's clock. */
  readonly now: number
  /** When repeating schedules were taken away, by the same clock: nothing was overdue. */
  readonly until: number
}

/** The names of the jobs with a repeating schedule. */
export const repeatingJobs = ['minutely 1', 'minutely 2', 'hourly'] as const

/** The time zone of the servers. */
export const timeZone = 'UTC'

/** What must hold once everything that was begun has come to its end. */
export async function checkInvariants(
  { kysely: db }: Database,
  reporting: Database<ReportingTables>,
  ledger: Ledger,
  { mails, now, until }: World,
): Promise<Findings> {
  const findings: Findings[] = []
  for (const check of [writes, audited, runs, results]) findings.push(await check(db, ledger))
  findings.push(await reports(db, reporting.kysely))
  findings.push(await repeating(db, until))
  findings.push(await occurrences(db, ledger, now))
  findings.push(await notifications(db, mails))
  return {
    counts: Object.assign({}, ...findings.map(({ counts }) => counts)) as Counts,
    violations: findings.flatMap(({ violations }) => violations),
  }
}

/** Every acknowledged write is there, none is half there, and what was refused is not. */
async function writes(db: Db, ledger: Ledger): Promise<Findings> {
  const violations: string[] = []
  const counts: Counts = {}
  const kinds: readonly Kind[] = ['asset', 'content', 'credential', 'folder', 'group', 'job', 'user']
  for (const kind of kinds) {
    const stored = await statesOf[kind](db)
    const things = ledger.things.filter((thing) => thing.kind === kind)
    for (const { name, possible } of things) {
      const state = stored.get(name) ?? absent
      if (!possible.has(state)) {
        violations.push(`the ${kind} ${name} is ${state}; it was acknowledged as ${[...possible].join(' or ')}`)
      }
    }
    counts[`things of kind ${kind} compared`] = things.length
  }
  counts['writes acknowledged'] = [...ledger.acknowledged.values()].reduce((sum, count) => sum + count, 0)
  counts['requests without an answer'] = ledger.unanswered
  return { counts, violations: [...violations, ...ledger.surprises] }
}

const statesOf: Readonly<Record<Kind, (db: Db) => Promise<Map<string, State>>>> = {
  async asset(db) {
    const rows = await db.selectFrom('assets').select('display_name').where('deleted_at', 'is', null).execute()
    return new Map(rows.map(({ display_name: name }) => [name, 'present']))
  },
  async content(db) {
    const rows = await db.selectFrom('standards').select(['benchmark_id', 'content_digest']).execute()
    const states = new Map<string, State>()
    for (const { benchmark_id: id, content_digest: digest } of rows) {
      // Throws when a part of it is missing.
      await loadBenchmark(db, digest, id)
      states.set(id.replace('xccdf_org.example_benchmark_', ''), 'present')
    }
    return states
  },
  async credential(db) {
    const rows = await db.selectFrom('credentials').select('name').execute()
    return new Map(rows.map(({ name }) => [name, 'present']))
  },
  async folder(db) {
    const rows = await db.selectFrom('folders').select('path').execute()
    return new Map(rows.map(({ path }) => [path.replace(/^.*\\/, ''), 'present']))
  },
  async group(db) {
    const rows = await db
      .selectFrom('asset_groups')
      .leftJoin('asset_group_members', 'group_id', 'id')
      .select(['display_name', sql<number>`count(asset_id)::int`.as('members')])
      .groupBy('display_name')
      .execute()
    return new Map(rows.map(({ display_name: name, members }) => [name, `members ${members}`]))
  },
  async job(db) {
    const rows = await db.selectFrom('jobs').select(['name', 'description', 'definition']).execute()
    return new Map(
      rows.map(({ name, description, definition }) => {
        const number = Number(/^version (\d+)$/.exec(description)?.[1])
        const { incrementalPeriod } = definition as { readonly incrementalPeriod: number }
        // Both members come from one number, so that half of an update shows.
        return [name, incrementalPeriod === (number % 1000) + 1 ? description : `half of ${description}`]
      }),
    )
  },
  async user(db) {
    const rows = await db.selectFrom('users').select(['name', 'disabled']).execute()
    return new Map(rows.map(({ name, disabled }) => [name, disabled ? 'disabled' : 'enabled']))
  },
}

async function audited(db: Db, ledger: Ledger): Promise<Findings> {
  const { intact, records, unsealed, problem } = await verifyAudit(db)
  const violations = intact ? [] : [`the audit chain is broken: ${problem}`]
  if (unsealed > 0) violations.push(`${unsealed} audit records are not sealed`)
  const rows = await db
    .selectFrom('audit_records')
    .select(['action', sql<number>`count(*)::int`.as('count')])
    .where('outcome', '=', 'done')
    .groupBy('action')
    .execute()
  const written = new Map(rows.map(({ action, count }) => [action, count]))
  for (const [action, count] of ledger.acknowledged) {
    const found = written.get(action) ?? 0
    if (found < count) violations.push(`${count} times ${action} was acknowledged and ${found} times recorded`)
  }
  return { counts: { 'audit records, chain verified': records }, violations }
}

/** A job with one occurrence has one run, of that occurrence; of a periodic one, no occurrence is lost or run twice. */
async function occurrences(db: Db, ledger: Ledger, now: number): Promise<Findings> {
  const violations: string[] = []
  const { rows } = await sql<{ name: string; due_at: string | null }>`
    select jobs.name, job_runs.due_at from jobs left join job_runs on job_runs.job_id = jobs.id`.execute(db)
  const once = ledger.things.filter((thing) => thing.wasInTime === true && isPresent(thing))
  let due = 0
  for (const { name, dueAt = '' } of once) {
    const runsOfIt = rows.filter((row) => row.name === name && row.due_at !== null)
    // One that came due while the clock was ahead has had its run, and is not run again.
    if (Date.parse(dueAt) > now && runsOfIt.length === 0) continue
    due += 1
    if (runsOfIt.length !== 1 || Date.parse(runsOfIt[0]?.due_at ?? '') !== Date.parse(dueAt)) {
      violations.push(`the occurrence of ${name} at ${dueAt} has ${runsOfIt.length} runs`)
    }
  }
  const late = await sql<{ name: string }>`
    select name from jobs where next_run_at < ${new Date(now).toISOString()}::timestamptz - interval '1 minute'`.execute(
    db,
  )
  for (const { name } of late.rows) violations.push(`${name} is due and was not started`)
  const scheduled = rows.filter((row) => row.due_at !== null)
  const distinct = new Set(scheduled.map((row) => `${row.name} ${row.due_at}`))
  if (distinct.size !== scheduled.length) violations.push('an occurrence has two runs')
  return {
    counts: { 'single occurrences due, each with one run': due, 'runs of a schedule': scheduled.length },
    violations,
  }
}

async function runs(db: Db, ledger: Ledger): Promise<Findings> {
  const violations: string[] = []
  const rows = await db.selectFrom('job_runs').select(['id', 'status', 'ended_at']).execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  for (const { id, status, ended_at: ended } of rows) {
    if (ended === null) violations.push(`the run ${id} has not ended: ${status}`)
  }
  for (const { runId, job, aborted } of ledger.runs) {
    // With its job, its runs go.
    if (!isPresent(job)) continue
    const run = byId.get(runId)
    if (run === undefined) violations.push(`the run ${runId} of ${job.name} was acknowledged and is not there`)
    else if (aborted && run.status !== 'Aborted') violations.push(`the run ${runId} was aborted and is ${run.status}`)
  }
  const open = await sql<{ count: number }>`
    select count(*)::int as count from run_assets where ended_at is null`.execute(db)
  if (open.rows[0]?.count !== 0) violations.push(`${open.rows[0]?.count} assets of ended runs are open`)
  const counts: Counts = { 'runs acknowledged to clients': ledger.runs.length, runs: rows.length }
  for (const { status } of rows)
    counts[`runs that ended as ${status}`] = (counts[`runs that ended as ${status}`] ?? 0) + 1
  return { counts, violations }
}

/** At most one for each run, asset and standard; and all of them for an asset that was completed. */
async function results(db: Db): Promise<Findings> {
  const violations: string[] = []
  const twice = await sql`
    select run_id from results group by run_id, asset_id, standard_id having count(*) > 1`.execute(db)
  if (twice.rows.length > 0) violations.push(`${twice.rows.length} results are there twice`)
  const missing = await sql<{ run_id: string; asset_id: string }>`
    select run_assets.run_id, run_assets.asset_id
    from run_assets join job_runs on job_runs.id = run_assets.run_id
    cross join lateral jsonb_array_elements(job_runs.snapshot -> 'standards') as standard
    where run_assets.state = 'completed' and job_runs.snapshot ->> 'type' <> 'DataCollectionJob'
      and not exists (
        select 1 from results where results.run_id = run_assets.run_id and results.asset_id = run_assets.asset_id
          and results.standard_id = (standard ->> 'id')::uuid)`.execute(db)
  for (const row of missing.rows) violations.push(`asset ${row.asset_id} of run ${row.run_id} lacks a result`)
  const { rows } = await sql<{ results: number; completed: number }>`
    select (select count(*)::int from results) as results,
      (select count(*)::int from run_assets where state = 'completed') as completed`.execute(db)
  return { counts: { results: rows[0]?.results ?? 0, 'assets completed': rows[0]?.completed ?? 0 }, violations }
}

/** Every due occurrence of the repeating schedules, by the function of them alone, has exactly one run or says why not. */
async function repeating(db: Db, until: number): Promise<Findings> {
  const violations: string[] = []
  const sum = { due: 0, run: 0, skipped: 0, caughtUp: 0 }
  for (const name of repeatingJobs) {
    const { id } = await db.selectFrom('jobs').select('id').where('name', '=', name).executeTakeFirstOrThrow()
    const { rows: started } = await sql<{ dueAt: string; at: string; schedule: Schedule }>`
      select due_at as "dueAt", queued_at as at, snapshot #> '{definition,schedule}' as schedule from job_runs
      where job_id = ${id} and due_at is not null`.execute(db)
    const { rows: skipped } = await sql<Dispatch>`
      select due_at as "dueAt", last_due_at as "skippedTo", skipped_at as at from job_skips where job_id = ${id}
      union all
      select times[1]::timestamptz, coalesce(times[2], times[1])::timestamptz, at
      from job_run_messages join job_runs on job_runs.id = run_id,
        regexp_match(text, '^The runs? due (?:at|from) (\\S+) (?:to (\\S+) )?(?:was|were) skipped') as times
      where job_id = ${id} and times is not null`.execute(db)
    const schedule = started[0]?.schedule
    if (schedule === undefined) continue
    const held = holdRepeating(schedule, timeZone, [...started, ...skipped], until)
    for (const one of held.violations) violations.push(`${name}: ${one}`)
    for (const [count, value] of Object.entries(held.counts)) sum[count as keyof typeof sum] += value
  }
  return {
    counts: {
      'repeated occurrences due': sum.due,
      '- each with one run': sum.run,
      '- that met a run under way, or were past by then, and are told': sum.skipped,
      '- past when the one before them was started': sum.caughtUp,
    },
    violations,
  }
}

/** What is known of a run's mail, and of the task that is to send it: enough to see what it waits for. */
async function describeMail(db: Db, runId: string): Promise<string> {
  const { rows } = await sql`
    select kind, outbox.created_at, attempts, last_error, sent_at, given_up_at, job.state, retry_count, created_on, start_after,
      clock_timestamp() as now
    from outbox left join pgboss.job on job.name = 'notify' and job.data ->> 'outboxId' = outbox.id::text
    where run_id = ${runId}`.execute(db)
  return rows.length === 0 ? 'it has none' : JSON.stringify(rows)
}

/** Each run of a job that wants mail has it at least once, and never a second one with another Message-ID. */
async function notifications(db: Db, mails: readonly ReceivedMail[]): Promise<Findings> {
  const violations: string[] = []
  const rows = await sql<{ id: string; status: string }>`
    select id, status from job_runs
    where ended_at is not null and (snapshot -> 'definition' ->> 'shouldSendSuccessNotification')::boolean`.execute(db)
  const byRun = Map.groupBy(mails, ({ runId }) => runId)
  let repeated = 0
  const tries = await sql<{ failed: number }>`
    select coalesce(sum(attempts), 0)::int - count(sent_at)::int as failed from outbox`.execute(db)
  for (const { id, status } of rows.rows) {
    const ofRun = byRun.get(id) ?? []
    const different = new Set(ofRun.map(({ messageId }) => messageId))
    if (ofRun.length > 1) repeated += 1
    if (different.size !== 1) {
      const about = `the run ${id} (${status}) has mails with ${different.size} Message-IDs`
      violations.push(`${about}; ${await describeMail(db, id)}`)
    }
  }
  return {
    counts: {
      'ended runs that want mail': rows.rows.length,
      'mails received': mails.length,
      'tries to send a mail that failed': tries.rows[0]?.failed ?? 0,
      'runs whose mail came twice, with the same Message-ID': repeated,
    },
    violations,
  }
}
