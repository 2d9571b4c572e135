import type { Client } from './client.ts'
import { Failure } from './failure.ts'
import { isGuid } from './names.ts'
import { printable, progressLine, table } from './output.ts'

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

/** What `GET /api/v1/runs/{id}` answers. */
export interface RunProgress {
  readonly status: string
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly assets: { readonly total: number; readonly ended: number }
  readonly results: readonly {
    readonly asset: string
    readonly standard: string
    readonly counts: Readonly<Record<string, number>>
    readonly score: number | null
  }[]
  readonly messages: readonly { readonly text: string }[]
}

const pollMs = 500

/** Shows the progress on a terminal, then the verdicts. A run that did not complete is a {@link Failure}. */
export async function waitForRun(client: Client, runId: string): Promise<void> {
  const line = progressLine()
  const began = Date.now()
  let run = await client.call<RunProgress>('GET', `/api/v1/runs/${runId}`)
  while (run.endedAt === null) {
    line.show(`${run.status}: ${run.assets.ended} of ${run.assets.total} assets${remaining(run, Date.now() - began)}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
    run = await client.call<RunProgress>('GET', `/api/v1/runs/${runId}`)
  }
  line.clear()
  process.stdout.write(`${describeRun(run)}\n`)
  if (!run.status.startsWith('Completed')) throw new Failure(`the run ended as "${run.status}"`)
}

function remaining(run: RunProgress, elapsedMs: number): string {
  const { ended, total } = run.assets
  if (ended === 0 || elapsedMs === 0) return ''
  const perSecond = ended / (elapsedMs / 1000)
  return `, ${perSecond.toFixed(1)} a second, about ${Math.ceil((total - ended) / perSecond)} s left`
}

const outcomes = ['pass', 'fail', 'error', 'unknown', 'notapplicable', 'notchecked'] as const

export function describeRun(run: RunProgress): string {
  const verdicts = table(
    ['asset', 'standard', 'score', ...outcomes],
    run.results.map((result) => [
      result.asset,
      result.standard,
      result.score === null ? '-' : `${result.score.toFixed(1)} %`,
      ...outcomes.map((outcome) => String(result.counts[outcome] ?? 0)),
    ]),
  )
  return [`${run.status}`, verdicts, ...run.messages.map(({ text }) => `! ${printable(text)}`)].join('\n')
}
