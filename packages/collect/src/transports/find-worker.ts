import { parentPort, workerData } from 'node:worker_threads'
import { lstatSync } from 'node:fs'
import type { FindAnswer, FindRequest, FoundEntry } from '../session.ts'
import { asStatus } from './file-status.ts'
import { walkFor, type WalkAnswer } from './find-walk.ts'

/** What is sent to the thread: one walk, and everything asked of it. */
export interface WalkOrder {
  readonly start: string
  readonly requests: readonly FindRequest[]
}

/** What comes back, in the order of the requests; `undefined`: there is no such start. */
export type WalkReport = readonly (FindAnswer | { readonly failure: NonNullable<WalkAnswer['failure']> })[] | undefined

const { start, requests } = workerData as WalkOrder
parentPort?.postMessage(report(walkFor(start, requests)))

function report(answers: readonly WalkAnswer[] | undefined): WalkReport {
  const statuses = new Map<string, FoundEntry>()
  return answers?.map(({ paths, isCut, failure }) =>
    failure === undefined ? { entries: paths.flatMap((path) => describe(path, statuses)), isCut } : { failure },
  )
}

/** A file that is gone by now was not found. */
function describe(path: string, statuses: Map<string, FoundEntry>): FoundEntry[] {
  let entry = statuses.get(path)
  if (entry === undefined) {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (stats === undefined) return []
    entry = { path, status: asStatus(stats) }
    statuses.set(path, entry)
  }
  return [entry]
}
