import { TransportError } from '../../errors.ts'
import type { Connection } from './connect.ts'
import { passwordOf } from './elevate.ts'
import { beginning, beingThere, patiently, working, type StepAside } from './patience.ts'
import { callsFor, readAnswers, type Answer, type Call, type Request } from './requests.ts'
import { openShell, ShellStalled, type RemoteShell, type ShellOptions } from './shell.ts'

/** Requests of one tick become one round; those made while a round is under way wait for the next. */
export interface Rounds {
  ask(request: Request): Promise<unknown>
  /** How often we waited for the asset: for each shell, and for each round. */
  count(): number
  close(): Promise<void>
}

interface Waiting {
  readonly request: Request
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  alone: boolean
}

/** So many requests in one round at most: the shell reads all of a round before it begins. */
const maxRequests = 5000
/** Shells that may be lost to calls that never end, before the asset is given up. */
const maxStalls = 4

interface Waits {
  readonly signal?: AbortSignal | undefined
  readonly stepAside?: StepAside | undefined
}

export function openRounds(connection: Connection, options: ShellOptions, { signal, stepAside }: Waits = {}): Rounds {
  let waiting: Waiting[] = []
  let busy = false
  let closed = false
  let shell: RemoteShell | undefined
  let stalls = 0
  let count = 0
  let failure: Error | undefined
  let hasAnswered = false

  const schedule = (): void => {
    if (busy || waiting.length === 0) return
    busy = true
    // Whoever got an answer just now may ask on: all of them are let do so first.
    setImmediate(() =>
      setImmediate(() => {
        const some = waiting.slice(0, maxRequests)
        waiting = waiting.slice(maxRequests)
        void exchange(some).finally(() => {
          busy = false
          schedule()
        })
      }),
    )
  }

  /** Answers all that is given, whatever comes of it. */
  const exchange = async (asked: readonly Waiting[]): Promise<void> => {
    let left = asked
    try {
      while (left.length > 0) left = await oneRound(left)
    } catch (error) {
      failure ??= asEnd(error)
      const reason = failure
      for (const { reject } of [...left, ...asked]) reject(reason)
    }
  }

  /** The shell that was to end another one may stall too. */
  const asEnd = (error: unknown): Error =>
    error instanceof ShellStalled
      ? new TransportError('timed-out', `${options.asset} does not answer any more`, { endsSession: true })
      : error instanceof Error
        ? error
        : new Error(String(error))

  /** Returns those that have to be asked for again. */
  const oneRound = async (asked: readonly Waiting[]): Promise<Waiting[]> => {
    if (failure !== undefined) throw failure
    signal?.throwIfAborted()
    const compress = stalls === 0
    shell ??= await patiently(open(compress), stepAside, beginning)
    const byRequest = new Map(asked.map((one) => [one.request, one]))
    const calls = callsFor(
      asked.map(({ request }) => request),
      new Set(asked.filter(({ alone }) => alone).map(({ request }) => request)),
      shell.find,
    )
    let answered = 0
    const again: Waiting[] = []
    count += 1
    try {
      const exchanged = shell.exchange(
        calls.map(({ line }) => line),
        (frame) => {
          const call = calls[answered]
          answered += 1
          if (call === undefined) throw new Error('there are more answers than calls')
          for (const [index, answer] of readAnswers(frame, call, options).entries()) {
            const one = byRequest.get(call.requests[index] as Request)
            if (one !== undefined && !settle(one, answer)) again.push(one)
          }
        },
      )
      // One that has answered before may take its time, for a while, as long as it is there.
      const { signsOfWork } = shell
      const moments = hasAnswered ? [beingThere(connection.signsOfLife), working(signsOfWork)] : [beginning]
      await patiently(exchanged, stepAside, ...moments)
      hasAnswered = true
      if (answered < calls.length) throw new TransportError('connection-lost', `${options.asset} left out an answer`)
      return again
    } catch (error) {
      if (!(error instanceof ShellStalled)) throw error
      const left = calls.slice(answered).flatMap(({ requests }) => requests.flatMap((one) => byRequest.get(one) ?? []))
      return [...again, ...(await recover(calls[answered], left, compress, byRequest))]
    }
  }

  /**
   * A call never ended: its shell is ended from a new one. Of a compressed round we cannot tell which call it was, so its
   * rest is asked for again without compression; of any other it is the first that has no answer.
   */
  const recover = async (
    stalled: Call | undefined,
    left: Waiting[],
    wasCompressed: boolean,
    byRequest: ReadonlyMap<Request, Waiting>,
  ): Promise<Waiting[]> => {
    stalls += 1
    if (stalls > maxStalls) {
      throw new TransportError('timed-out', `${options.asset} does not answer any more`, { endsSession: true })
    }
    const old = shell
    shell = undefined
    shell = await patiently(open(false), stepAside, { ...beginning, lateness: 'laden' })
    if (old !== undefined) await end(old, shell)
    if (wasCompressed) return left
    const culprits = new Set(stalled?.requests.flatMap((one) => byRequest.get(one) ?? []))
    for (const { request, reject } of culprits) {
      reject(new TransportError('timed-out', `${describe(request)} on ${options.asset} did not end within its time`))
    }
    return left.filter((one) => !culprits.has(one))
  }

  const open = async (compress: boolean): Promise<RemoteShell> => {
    // A channel is opened, a command is run in it; a password is one more.
    count += passwordOf(options.elevation) === undefined ? 2 : 3
    return openShell(connection, { ...options, compress })
  }

  /** Ends all that a shell has started, and the shell. */
  const end = async (old: RemoteShell, by: RemoteShell): Promise<void> => {
    old.close()
    if (old.session > 1) await by.exchange([`_end ${old.session}`], () => undefined)
  }

  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure)
        if (closed) return reject(new Error(`the session with ${options.asset} is closed`))
        waiting.push({ request, resolve, reject, alone: false })
        schedule()
      }),
    count: () => count,
    async close() {
      closed = true
      const old = shell
      shell = undefined
      if (old === undefined) return
      // A round may be under way when somebody gives up: what it started must not go on.
      if (busy && old.session > 1) await endOther(old)
      else old.close()
    },
  }

  async function endOther(old: RemoteShell): Promise<void> {
    try {
      const by = await openShell(connection, {
        ...options,
        compress: false,
        timeoutMs: closeTimeoutMs,
        idleTimeoutMs: closeTimeoutMs,
      })
      await end(old, by)
      by.close()
    } catch {
      // The connection is gone, and the shell with it.
    }
  }
}

const closeTimeoutMs = 3000

function describe(request: Request): string {
  if (request.kind === 'run') return request.command[0]
  return request.kind === 'find' ? `the walk below ${request.find.start}` : `reading ${request.path}`
}

/** False when the request has to be asked for alone. */
function settle(one: Waiting, answer: Answer): boolean {
  if ('retry' in answer) {
    one.alone = true
    return false
  }
  if ('error' in answer) one.reject(answer.error)
  else one.resolve(answer.value)
  return true
}
