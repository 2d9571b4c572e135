import { lstatSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { FindAnswer, FindRequest, FoundEntry } from '../session.ts'
import { bytesOf } from './file-name.ts'
import { asStatus } from './file-status.ts'
import { walkFor, type WalkAnswer } from './find-walk.ts'

/** What is sent to the thread: one walk, and everything asked of it. */
export interface WalkOrder {
  readonly number: number
  readonly start: string
  readonly requests: readonly FindRequest[]
  /** More entries than this are left to find(1). */
  readonly most: number
}

/** What comes back, in the order of the requests; `answers` undefined: there is no such start. */
export interface WalkReport {
  readonly number: number
  readonly answers?: readonly (FindAnswer | { readonly failure: NonNullable<WalkAnswer['failure']> })[] | undefined
  /** What went wrong with the whole walk. */
  readonly error?: { readonly code: string; readonly message: string }
  readonly isLarge?: true
}

parentPort?.on('message', (order: WalkOrder) => {
  parentPort?.postMessage(report(order))
})

function report({ number, start, requests, most }: WalkOrder): WalkReport {
  try {
    const statuses = new Map<string, FoundEntry>()
    const walked = walkFor(start, requests, most)
    if (walked === 'large') return { number, isLarge: true }
    const answers = walked?.map(({ paths, isCut, failure }) =>
      failure === undefined ? { entries: paths.flatMap((path) => describe(path, statuses)), isCut } : { failure },
    )
    return { number, answers }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    return { number, error: { code, message } }
  }
}

/** A file that is gone by now was not found. */
function describe(path: string, statuses: Map<string, FoundEntry>): FoundEntry[] {
  let entry = statuses.get(path)
  if (entry === undefined) {
    const stats = lstatSync(bytesOf(path), { bigint: true, throwIfNoEntry: false })
    if (stats === undefined) return []
    entry = { path, status: asStatus(stats) }
    statuses.set(path, entry)
  }
  return [entry]
}
