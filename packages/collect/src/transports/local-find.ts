import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { asTransportError } from '../errors.ts'
import type { FindAnswer, FindRequest } from '../session.ts'
import { askFindProgram, hasFindProgram, suitsFindProgram } from './find-program.ts'
import type { WalkOrder, WalkReport } from './find-worker.ts'
import { walkKey } from './ssh/find-call.ts'

interface Waiting {
  readonly request: FindRequest
  readonly answer: PromiseWithResolvers<FindAnswer | undefined>
}

/** Whether find(1) may be told all of what is asked. */
const suits = ({ request }: Waiting): boolean => suitsFindProgram(request.where)

export interface LocalFinder {
  find(request: FindRequest): Promise<FindAnswer | undefined>
  close(): void
}

/**
 * Walks over this machine's file systems, in a thread: files are looked at one after the other, which is fastest and
 * would hold up everything else. Requests that begin at the same place before it is made share a walk. Where it turns out
 * large, of more than `fewEntries`, GNU find(1) begins it anew: twice as fast.
 */
export function localFinder(asset: string, signal: AbortSignal | undefined, fewEntries = 5000): LocalFinder {
  let gathered = new Map<string, Waiting[]>()
  let thread: WalkThread | undefined
  let hasProgram: Promise<boolean> | undefined
  let underWay = 0
  /** The thread makes one walk at a time: what is asked meanwhile is gathered until it is free. */
  const begin = (): void => {
    if (underWay > 0) return
    const all = gathered
    gathered = new Map()
    for (const [start, waiting] of all) void walk(start, waiting, waiting.some(suits) ? fewEntries : Infinity)
  }
  const inTurn = async (report: Promise<WalkReport>): Promise<WalkReport> => {
    underWay += 1
    try {
      return await report
    } finally {
      underWay -= 1
      if (gathered.size > 0) setImmediate(begin)
    }
  }
  /** Never rejects: what goes wrong goes to those who wait. */
  const walk = async (start: string, waiting: readonly Waiting[], most: number): Promise<void> => {
    if (waiting.length === 0) return
    try {
      signal?.throwIfAborted()
      thread ??= startThread(signal)
      const requests = waiting.map(({ request }) => request)
      const { answers, error, isLarge } = await inTurn(thread.walk(start, requests, most))
      if (error !== undefined) throw asError(error)
      if (isLarge === true) return await walkLarge(start, waiting)
      waiting.forEach(({ answer }, at) => {
        const one = answers?.[at]
        if (one === undefined || !('failure' in one)) answer.resolve(one)
        else answer.reject(asTransportError(asError(one.failure), one.failure.path, asset))
      })
    } catch (error) {
      for (const { answer } of waiting) answer.reject(asTransportError(error, start, asset))
    }
  }
  const walkLarge = async (start: string, waiting: readonly Waiting[]): Promise<void> => {
    const others = waiting.filter((one) => !suits(one))
    const groups = Object.values(Object.groupBy(waiting.filter(suits), ({ request }) => walkKey(request)))
    await Promise.all([walk(start, others, Infinity), ...groups.map((some = []) => walkFar(start, some))])
  }
  const walkFar = async (start: string, waiting: readonly Waiting[]): Promise<void> => {
    const place = { asset, signal }
    const requests = waiting.map(({ request }) => request)
    const answers = (await (hasProgram ??= hasFindProgram(place))) ? await askFindProgram(requests, place) : undefined
    // Whatever stopped it: our own walk tells exactly.
    if (answers === undefined) return walk(start, waiting, Infinity)
    waiting.forEach(({ answer }, at) => answer.resolve(answers[at]))
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
  walk(start: string, requests: readonly FindRequest[], most: number): Promise<WalkReport>
  end(reason: Error): void
}

/** A thread that makes one walk after the other. It keeps the process alive only while somebody waits. */
function startThread(signal: AbortSignal | undefined): WalkThread {
  const cache = getCompileCacheDir()
  const worker = new Worker(new URL('./find-worker.ts', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
    // A thread knows of the cache of compiled code by its environment alone.
    env: cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) },
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
    walk(start, requests, most) {
      orders += 1
      const answer = Promise.withResolvers<WalkReport>()
      waiting.set(orders, answer)
      worker.ref()
      worker.postMessage({ number: orders, start, requests, most } satisfies WalkOrder)
      return answer.promise
    },
    end,
  }
}
