import type { RunChanges, StandardSummary } from '../store/run-summary.ts'

/** What is told about a run that has ended, whoever is told. */
export interface RunReport {
  readonly runId: string
  readonly jobId: string
  readonly jobName: string
  readonly status: string
  readonly trigger: string
  readonly startedAt: string | null
  readonly endedAt: string
  readonly assets: { readonly completed: number; readonly failed: number; readonly unfinished: number }
  readonly standards: readonly StandardSummary[]
  /** Against the last run; undefined when this was the first. */
  readonly changes: RunChanges | undefined
  /** When the oldest and the newest evidence behind these results was collected; undefined when there is none. */
  readonly evidence: { readonly oldest: string; readonly newest: string } | undefined
  readonly messages: readonly string[]
  readonly link: string
  /** In which people are told the time. */
  readonly timeZone: string
}

export function isSuccess(status: string): boolean {
  return status === 'Completed' || status === 'Completed with errors'
}
