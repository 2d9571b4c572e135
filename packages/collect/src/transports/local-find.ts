import { Worker } from 'node:worker_threads'
import { asTransportError } from '../errors.ts'
import type { FindAnswer, FindRequest } from '../session.ts'
import type { WalkOrder, WalkReport } from './find-worker.ts'

interface Waiting {
  readonly request: FindRequest
  readonly answer: PromiseWithResolvers<FindAnswer | undefined>
}

export interface LocalFinder {
  find(request: FindRequest): Promise<FindAnswer | undefined>
  close(): void
}

/**
 * Walks over this machine's file systems, in a thread: a hundred thousand files are looked at one after the other, which
 * is fastest and would hold up everything else. Requests of a moment that begin at the same place share a walk.
 */
export function localFinder(asset: string, signal: AbortSignal | undefined): LocalFinder {
  let gathered = new Map<string, Waiting[]>()
  let thread: WalkThread | undefined
  const begin = (): void => {
    const all = gathered
    gathered = new Map()
    for (const [start, waiting] of all) void walk(start, waiting)
  }
  /** Never rejects: what goes wrong goes to those who wait. */
  const walk = async (start: string, waiting: readonly Waiting[]): Promise<void> => {
    try {
      signal?.throwIfAborted()
      thread ??= startThread(signal)
      const { answers, error } = await thread.walk(
        start,
        waiting.map(({ request }) => request),
      )
      if (error !== undefined) throw asError(error)
      waiting.forEach(({ answer }, at) => {
        const one = answers?.[at]
        if (one === undefined || !('failure' in one)) answer.resolve(one)
        else answer.reject(asTransportError(asError(one.failure), one.failure.path, asset))
      })
    } catch (error) {
      for (const { answer } of waiting) answer.reject(asTransportError(error, start, asset))
    }
  }
  return {
    find(request) {
      if (gathered.size === 0) setImmediate(begin)
      const waiting = gathered.get(request.start) ?? []
      gathered.set(request.start, waiting)
      const answer = Promise.withResolvers<FindAnswer | undefined>()
      waiting.push({ request, answer })
      return answer.promise
    },
    close: () => thread?.end(new Error('the session was closed')),
  }
}

const asError = ({ code, message }: { readonly code: string; readonly message: string }): Error =>
  Object.assign(new Error(message), code === '' ? {} : { code })

interface WalkThread {
  walk(start: string, requests: readonly FindRequest[]): Promise<WalkReport>
  end(reason: Error): void
}

/** A thread that makes one walk after the other. It keeps the process alive only while somebody waits. */
function startThread(signal: AbortSignal | undefined): WalkThread {
  const worker = new Worker(new URL('./find-worker.ts', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  })
  const waiting = new Map<number, PromiseWithResolvers<WalkReport>>()
  let orders = 0
  const fail = (reason: unknown): void => {
    for (const { reject } of waiting.values()) reject(reason)
    waiting.clear()
  }
  const end = (reason: Error): void => {
    fail(reason)
    signal?.removeEventListener('abort', abort)
    // A file system that does not answer may keep the thread; nobody waits for it.
    void worker.terminate()
  }
  const abort = (): void => end(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
  signal?.addEventListener('abort', abort, { once: true })
  worker.on('message', (report: WalkReport) => {
    waiting.get(report.number)?.resolve(report)
    waiting.delete(report.number)
    if (waiting.size === 0) worker.unref()
  })
  worker.on('error', fail)
  worker.on('exit', (code) => fail(new Error(`the walk ended early (${code})`)))
  return {
    walk(start, requests) {
      orders += 1
      const answer = Promise.withResolvers<WalkReport>()
      waiting.set(orders, answer)
      worker.ref()
      worker.postMessage({ number: orders, start, requests } satisfies WalkOrder)
      return answer.promise
    },
    end,
  }
}
