import type { Client } from './client.ts'
import { Failure } from './failure.ts'
import { isGuid } from './names.ts'
import { kilobytes, printable, progressLines, table } from './output.ts'

/** A job as the searches answer it; `JobDetails` has the members that an update may send back. */
export interface Job {
  readonly JobID: string
  readonly JobName: string
  readonly JobType: string
  readonly LastRunStatus: string
  readonly LastRunDate: string | null
  readonly NextRunDate: string | null
  readonly JobDetails?: Readonly<Record<string, unknown>>
}

export async function listJobs(client: Client): Promise<Job[]> {
  const jobs: Job[] = []
  for (let page = 0, pages = 1; page < pages; page += 1) {
    const reply = await client.call<{ jobDataList: Job[]; TotalPages: number }>('GET', '/ccs/api/v1/jobs', {
      query: { Attributes: '(JobName = *)', page: String(page), pagesize: '1000' },
    })
    jobs.push(...reply.jobDataList)
    pages = reply.TotalPages
  }
  return jobs
}

export const findJob = (client: Client, nameOrId: string): Promise<Job> =>
  isGuid(nameOrId)
    ? client.call<Job>('GET', `/ccs/api/v1/jobs/${nameOrId}`)
    : client.call<Job>('GET', '/ccs/api/v1/jobs', { query: { jobname: nameOrId } })

export const abortRun = async (client: Client, run: string): Promise<void> => {
  if (!isGuid(run)) throw new Failure(`"${run}" is not a run; "plumbline job runs JOB" lists their GUIDs`)
  await client.call('POST', `/ccs/api/v1/jobs/${run}`, { body: { Operation: 'abort' } })
}

/** What `GET /api/v1/runs/{id}` answers, as far as it is shown. */
interface RunProgress {
  readonly status: string
  readonly endedAt: string | null
  /** Assets by state. */
  readonly counts: Readonly<Record<string, number>>
  readonly standards: readonly {
    readonly title: string
    readonly assets: number
    readonly counts: Readonly<Record<string, number>>
  }[]
  readonly traffic: {
    readonly assets: number
    readonly roundTrips: number
    readonly bytesSent: number
    readonly bytesReceived: number
  } | null
  readonly messages: readonly { readonly text: string }[]
}

const pollMs = 500

/** Shows the progress on a terminal, then the verdicts. A run that did not complete is a {@link Failure}. */
export async function waitForRun(client: Client, runId: string): Promise<void> {
  const line = progressLines()
  const began = Date.now()
  const read = (): Promise<RunProgress> => client.call<RunProgress>('GET', `/api/v1/runs/${runId}`)
  let run = await read()
  while (run.endedAt === null) {
    line.show([describeProgress(run, (Date.now() - began) / 1000)])
    await new Promise((resolve) => setTimeout(resolve, pollMs))
    run = await read()
  }
  line.clear()
  process.stdout.write(`${describeRun(run)}\n`)
  if (!run.status.startsWith('Completed')) throw new Failure(`the run ended as "${run.status}"`)
}

const endStates = ['completed', 'failed', 'aborted', 'timed out']

function describeProgress({ status, counts }: RunProgress, seconds: number): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const ended = endStates.reduce((sum, state) => sum + (counts[state] ?? 0), 0)
  const left = ended === 0 ? '' : `, about ${Math.ceil(((total - ended) * seconds) / ended)} s left`
  return `${status}: ${ended} of ${total} assets, ${(ended / Math.max(seconds, 1)).toFixed(1)} a second${left}`
}

const outcomes = ['pass', 'fail', 'error', 'unknown', 'notapplicable', 'notchecked'] as const

function describeTraffic({ traffic }: RunProgress): string[] {
  if (traffic === null) return []
  const { assets, roundTrips, bytesSent, bytesReceived } = traffic
  const each = (roundTrips / assets).toFixed(1)
  return [
    `over SSH: assets ${assets}, round trips ${roundTrips} (${each} each), kB sent ${kilobytes(bytesSent)}, received ${kilobytes(bytesReceived)}`,
  ]
}

function describeRun(run: RunProgress): string {
  const verdicts = table(
    ['standard', 'assets', ...outcomes],
    run.standards.map((standard) => [
      standard.title,
      String(standard.assets),
      ...outcomes.map((outcome) => String(standard.counts[outcome] ?? 0)),
    ]),
  )
  return [
    run.status,
    verdicts,
    ...describeTraffic(run),
    ...run.messages.map(({ text }) => `! ${printable(text)}`),
  ].join('\n')
}
