import { readFileSync } from 'node:fs'
import { Option } from 'commander'
import type { Command } from 'commander'
import { connect } from '../client.ts'
import type { Client } from '../client.ts'
import { Failure } from '../failure.ts'
import type { Reply } from '../http.ts'
import { abortRun, findJob, listJobs, waitForRun } from '../jobs.ts'
import { findAsset, findStandard } from '../names.ts'
import { print, table } from '../output.ts'
import { readStandardInput } from '../standard-input.ts'
import { registerRunAssets } from './job-assets.ts'

interface Members {
  readonly name?: string
  readonly description?: string
  readonly asset?: string[]
  readonly standard?: string[]
  readonly scripts?: string
  readonly unknownHostKeys?: string
  readonly set?: string[]
  readonly file?: string
}

export function registerJob(program: Command): void {
  const job = program
    .command('job')
    .description('jobs: list, show, create, update, run, runs, drift, abort, next, delete')

  job
    .command('list')
    .description('the jobs you may see')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline job list')
    .action(async (options: { json?: true }) => {
      const jobs = await listJobs(await connect())
      print(options.json, jobs, () =>
        table(
          ['name', 'type', 'last run', 'status', 'next run', 'id'],
          jobs.map((one) => [
            one.JobName,
            one.JobType,
            one.LastRunDate ?? '-',
            one.LastRunStatus,
            one.NextRunDate ?? '-',
            one.JobID,
          ]),
        ),
      )
    })

  job
    .command('show <job>')
    .description('one job, by name or GUID, with the members that an update may send back')
    .addHelpText('after', '\nExample:\n  plumbline job show Nightly')
    .action(async (name: string) => {
      print(true, await findJob(await connect(), name), () => '')
    })

  withMembers(job.command('create'))
    .description('make a job')
    .requiredOption(
      '--type <type>',
      'CollectionEvaluationJob, DataCollectionJob or EvaluationJob',
      'CollectionEvaluationJob',
    )
    .addHelpText(
      'after',
      "\nExample:\n  plumbline job create --name Nightly --asset web-3 --standard 'Plumbline Linux baseline: Server'",
    )
    .action(async (options: Members & { type: string }) => {
      const client = await connect()
      const JobDetails = await jobDetails(client, options)
      const reply = await client.reply('POST', '/ccs/api/v1/jobs', { body: { JobDetails, JobType: options.type } })
      warnOfIgnored(reply)
      process.stdout.write(`${(JSON.parse(reply.text) as { JobID: string }).JobID}\n`)
    })

  withMembers(job.command('update <job>'))
    .description('change what is named and leave the rest (Update Job)')
    .option('--dry-run', 'say what would change and when the job would run next; store nothing')
    .addHelpText(
      'after',
      `
Examples:
  plumbline job update Nightly --description 'All web servers'
  plumbline job update Nightly --set IncrementalPeriod=7 --set ShouldSynchronizeResults=true --dry-run
  plumbline job update Nightly --unknown-host-keys accept-new
  plumbline job update Nightly --file details.json`,
    )
    .action(async (name: string, options: Members & { dryRun?: true }) => {
      const client = await connect()
      const { JobID } = await findJob(client, name)
      const body = { JobDetails: await jobDetails(client, options), JobID }
      const reply = await client.reply('PATCH', '/ccs/api/v1/jobs/', {
        body,
        ...(options.dryRun === true ? { query: { dryRun: 'true' } } : {}),
      })
      warnOfIgnored(reply)
      if (options.dryRun === true) print(true, JSON.parse(reply.text), () => '')
    })

  job
    .command('run <job>')
    .description('start a run now')
    .option('--wait', 'wait until it has ended and print its result')
    .addHelpText('after', `\nExample:\n  plumbline job run 'Check this machine' --wait`)
    .action(async (name: string, options: { wait?: true }) => {
      const client = await connect()
      const { JobID } = await findJob(client, name)
      const { JobRunID } = await client.call<{ JobRunID: string }>('POST', `/ccs/api/v1/jobs/${JobID}`, {
        body: { Operation: 'execute' },
      })
      process.stdout.write(`${JobRunID}\n`)
      if (options.wait === true) await waitForRun(client, JobRunID)
    })

  job
    .command('runs <job>')
    .description('the latest runs, newest first')
    .option('--count <n>', 'how many; 0 for all', '10')
    .option('--messages', 'with their messages')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline job runs Nightly')
    .action(async (name: string, options: { count: string; messages?: true; json?: true }) => {
      const client = await connect()
      const { JobID } = await findJob(client, name)
      const runs = await client.call<Run[]>('GET', `/ccs/api/v1/jobs/${JobID}/jobruns`, {
        query: { count: options.count, showmessages: String(options.messages === true) },
      })
      print(options.json, runs, () => describeRuns(runs))
    })

  registerRunAssets(job)

  job
    .command('drift <job>')
    .description('what changed since the run before, rule by rule, and why')
    .option('--from <run>', 'an earlier run, by its GUID')
    .option('--to <run>', 'a later run, by its GUID; the last one that has ended without')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline job drift Nightly')
    .action(async (name: string, options: { from?: string; to?: string; json?: true }) => {
      const client = await connect()
      const { JobID } = await findJob(client, name)
      const drift = await driftBetween(client, await twoRuns(client, JobID, options))
      print(options.json, drift, () =>
        drift.length === 0
          ? 'nothing changed'
          : table(
              ['asset', 'standard', 'cause', 'rule', 'was', 'is'],
              drift.flatMap((one) => {
                const about = [one.assetName, one.standardTitle, one.cause]
                // One of the runs has nothing of it: its rules are listed by --json.
                if (wholeCauses.has(one.cause)) return [[...about, `(${one.rules.length} rules)`, '', '']]
                return one.rules.map((rule) => [...about, rule.title, rule.from ?? '-', rule.to ?? '-'])
              }),
            ),
      )
    })

  job
    .command('abort <run>')
    .description('stop a run, by the GUID that "job run" printed or "job runs" lists')
    .addHelpText('after', '\nExample:\n  plumbline job abort 0a6f7f0c-3a0c-4f0e-9d7a-1f2b3c4d5e6f')
    .action(async (run: string) => abortRun(await connect(), run))

  job
    .command('next <job>')
    .description('the next ten times at which the job runs, UTC')
    .addHelpText('after', '\nExample:\n  plumbline job next Nightly')
    .action(async (name: string) => {
      const client = await connect()
      const { JobID } = await findJob(client, name)
      const plan = await client.call<{ NextRunDates: string[] }>('PATCH', '/ccs/api/v1/jobs/', {
        query: { dryRun: 'true' },
        body: { JobDetails: {}, JobID },
      })
      process.stdout.write(
        plan.NextRunDates.length === 0 ? 'no further runs are due\n' : `${plan.NextRunDates.join('\n')}\n`,
      )
    })

  job
    .command('delete <job>')
    .description('delete a job and its history')
    .option('--history-only', 'keep the job, delete what its runs left')
    .addHelpText('after', '\nExample:\n  plumbline job delete Nightly')
    .action(async (name: string, options: { historyOnly?: true }) => {
      const client = await connect()
      const { JobID } = await findJob(client, name)
      await client.call('DELETE', '/ccs/api/v1/jobs', {
        query: { jobid: JobID, DeleteJob: String(options.historyOnly !== true) },
      })
    })
}

/** A member that the server does not know is most likely a slip of the pen. */
function warnOfIgnored({ headers }: Reply): void {
  const ignored = headers['plumbline-ignored-members']
  if (ignored !== undefined)
    process.stderr.write(`plumbline: ignored, there is no such member: ${ignored.toString()}\n`)
}

const wholeCauses = new Set(['asset added', 'asset removed', 'not finished', 'standard added', 'standard removed'])

interface Drift {
  readonly assetName: string
  readonly standardTitle: string
  readonly cause: string
  readonly rules: readonly { readonly title: string; readonly from: string | null; readonly to: string | null }[]
}

/** The runs that are named; else the last two that have ended. */
async function twoRuns(
  client: Client,
  jobId: string,
  { from, to }: { readonly from?: string; readonly to?: string },
): Promise<{ from: string; to: string }> {
  const runs = await client.call<Run[]>('GET', `/ccs/api/v1/jobs/${jobId}/jobruns`, { query: { count: '0' } })
  const ended = runs.filter(({ EndTime }) => EndTime !== null).map(({ JobRunID }) => JobRunID)
  const later = to ?? ended[0]
  const earlier = from ?? ended[ended.indexOf(later ?? '') + 1]
  if (later !== undefined && earlier !== undefined) return { from: earlier, to: later }
  throw new Failure('the job has not run twice yet; there is nothing to compare')
}

async function driftBetween(client: Client, { from, to }: { from: string; to: string }): Promise<Drift[]> {
  const all: Drift[] = []
  let after: string | null = ''
  while (after !== null) {
    const page: { drift: Drift[]; nextAfter: string | null } = await client.call(
      'GET',
      `/api/v1/runs/${from}/drift/${to}`,
      after === '' ? {} : { query: { after } },
    )
    all.push(...page.drift)
    after = page.nextAfter
  }
  return all
}

interface Run {
  readonly JobRunID: string
  readonly Status: string
  readonly StartTime: string | null
  readonly EndTime: string | null
  readonly Messages?: readonly { readonly DateTime: string; readonly Message: string }[]
}

function describeRuns(runs: readonly Run[]): string {
  const overview = table(
    ['run', 'status', 'started', 'ended'],
    runs.map((run) => [run.JobRunID, run.Status, run.StartTime ?? '-', run.EndTime ?? '-']),
  )
  const messages = runs.flatMap((run) =>
    (run.Messages ?? []).map(({ DateTime, Message }) => [run.JobRunID, DateTime, Message]),
  )
  return messages.length === 0 ? overview : `${overview}\n\n${table(['run', 'time', 'message'], messages)}`
}

const list = (value: string, previous: string[] = []): string[] => [...previous, value]

function withMembers(command: Command): Command {
  return command
    .option('--name <name>', 'the job’s name')
    .option('--description <text>', 'its description')
    .option('--asset <asset>', 'an asset or asset group, by GUID or asset name; repeat for several', list)
    .option('--standard <standard>', 'a standard, by GUID or name; repeat for several', list)
    .addOption(
      new Option(
        '--scripts <rule>',
        'scripts of content (SCE): refuse them all, or let run those whose standard has leave for them',
      ).choices(['refuse', 'default']),
    )
    .addOption(
      new Option(
        '--unknown-host-keys <rule>',
        'assets whose SSH host key nobody has approved: refuse them, approve the key that they show, or do as the server is set',
      ).choices(['refuse', 'accept-new', 'default']),
    )
    .option('--set <member=value>', 'any other member of JobDetails; the value is JSON, or text', list)
    .option('--file <file>', 'a JobDetails object as JSON, "-" for standard input; the options above win over it')
}

async function jobDetails(
  client: Awaited<ReturnType<typeof connect>>,
  options: Members,
): Promise<Record<string, unknown>> {
  const details =
    options.file === undefined
      ? {}
      : asObject(options.file === '-' ? await readStandardInput() : readFileSync(options.file, 'utf8'))
  if (options.name !== undefined) details['JobName'] = options.name
  if (options.description !== undefined) details['JobDescription'] = options.description
  if (options.asset !== undefined) {
    details['AssetsResolutionInfo'] = await Promise.all(options.asset.map((asset) => findAsset(client, asset)))
  }
  if (options.standard !== undefined) {
    details['Standards'] = await Promise.all(options.standard.map((standard) => findStandard(client, standard)))
  }
  if (options.scripts !== undefined) details['Scripts'] = options.scripts
  if (options.unknownHostKeys !== undefined) details['UnknownHostKeys'] = options.unknownHostKeys
  for (const setting of options.set ?? []) {
    const at = setting.indexOf('=')
    if (at < 1) throw new Failure(`--set takes MEMBER=VALUE, not "${setting}"`)
    details[setting.slice(0, at)] = jsonOrText(setting.slice(at + 1))
  }
  return details
}

function asObject(text: string): Record<string, unknown> {
  const value = jsonOrText(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Failure('--file must hold one JSON object, the JobDetails')
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
