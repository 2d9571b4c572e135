import { Worker } from 'node:worker_threads'
import { asTransportError } from '../errors.ts'
import type { FindAnswer, FindRequest } from '../session.ts'
import type { WalkOrder, WalkReport } from './find-worker.ts'
import { limiter } from './limiter.ts'

/** Walks at a time: each is a thread. */
const concurrentWalks = 2

interface Waiting {
  readonly request: FindRequest
  readonly answer: PromiseWithResolvers<FindAnswer | undefined>
}

/**
 * Walks over this machine's file systems, each in a thread: a hundred thousand files are looked at one after the other,
 * which is fastest and would hold up everything else. Requests of a moment that begin at the same place share a walk.
 */
export function localFinder(
  asset: string,
  signal: AbortSignal | undefined,
): (request: FindRequest) => Promise<FindAnswer | undefined> {
  const walks = limiter(concurrentWalks)
  let gathered = new Map<string, Waiting[]>()
  const begin = (): void => {
    const all = gathered
    gathered = new Map()
    for (const [start, waiting] of all) void walks(() => walk(start, waiting, asset, signal))
  }
  return (request) => {
    if (gathered.size === 0) setImmediate(begin)
    const waiting = gathered.get(request.start) ?? []
    gathered.set(request.start, waiting)
    const answer = Promise.withResolvers<FindAnswer | undefined>()
    waiting.push({ request, answer })
    return answer.promise
  }
}

/** Never rejects: what goes wrong goes to those who wait. */
async function walk(
  start: string,
  waiting: readonly Waiting[],
  asset: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    const report = await runThread({ start, requests: waiting.map(({ request }) => request) }, signal)
    waiting.forEach(({ answer }, at) => {
      const one = report?.[at]
      if (one !== undefined && 'failure' in one) {
        const { code, message, path } = one.failure
        answer.reject(asTransportError(Object.assign(new Error(message), { code }), path, asset))
      } else answer.resolve(one)
    })
  } catch (error) {
    for (const { answer } of waiting) answer.reject(asTransportError(error, start, asset))
  }
}

function runThread(order: WalkOrder, signal: AbortSignal | undefined): Promise<WalkReport> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const worker = new Worker(new URL('./find-worker.ts', import.meta.url), { workerData: order })
    const abort = (): void => {
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
      // A file system that does not answer may keep the thread; nobody waits for it.
      void worker.terminate()
    }
    signal?.addEventListener('abort', abort, { once: true })
    worker.once('message', (report: WalkReport) => resolve(report))
    worker.once('error', reject)
    worker.once('exit', (code) => {
      signal?.removeEventListener('abort', abort)
      reject(new Error(`the walk ended early (${code})`))
    })
  })
}
