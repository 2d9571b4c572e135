import { homedir } from 'node:os'
import { collect, messageWithAdvice, openAsides, TransportError, type SshTraffic } from '@plumbline/collect'
import type { planCollection, SystemCharacteristics } from '@plumbline/scap'
import type { AssetAddress } from './asset-address.ts'
import type { AssetOptions } from './asset-options.ts'
import { currentTime } from './clock.ts'
import { Failure } from './failure.ts'
import { progressLines } from './output.ts'
import { openPlaces, usualMaxSessions } from '@plumbline/server/places'
import { interruptible, openTarget } from './scan-target.ts'
import { readSecrets } from './ssh-secrets.ts'

export interface CollectedAsset {
  readonly address: AssetAddress
  readonly collected: SystemCharacteristics
  /** What the conversation over SSH took. */
  readonly traffic: SshTraffic | undefined
}

/** What became of one asset: what was made of its data, or why there is none. */
export interface AssetOutcome<Value> {
  readonly address: AssetAddress
  readonly value?: Value
  readonly error?: Error
}

/**
 * Collects what a plan asks of each asset, some at a time, and gives it on as soon as it is there. An asset that cannot be
 * reached is an outcome: it keeps nobody waiting. Interrupting ends all of them, and so does a plan that fails.
 *
 * The plan may be in the making: connecting to an asset and logging in does not wait for it.
 */
export async function collectFromAll<Value>(
  addresses: readonly AssetAddress[],
  plan: Promise<ReturnType<typeof planCollection>>,
  options: AssetOptions,
  take: (asset: CollectedAsset) => Promise<Value> | Value,
): Promise<AssetOutcome<Value>[]> {
  const failed = new AbortController()
  plan.catch((error: unknown) => failed.abort(error))
  const signal = AbortSignal.any([interruptible(), failed.signal])
  const secrets = await readSecrets(addresses.some(({ kind }) => kind === 'ssh') ? options : {}, plan)
  const progress = progressLines()
  const places = openPlaces(options.parallel)
  const asides = openAsides(usualMaxSessions - options.parallel)
  const outcomes: (AssetOutcome<Value> | undefined)[] = addresses.map(() => undefined)
  const doing = new Map<string, string>()
  /** Machines that are waited for aside. */
  let silent = 0
  const show = (): void => {
    const done = outcomes.filter((outcome) => outcome !== undefined)
    const failed = done.filter(({ error }) => error !== undefined).length
    const width = Math.max(...[...doing.keys()].map((name) => name.length), 0)
    progress.show(
      addresses.length === 1
        ? [...doing.values()]
        : [
            `${done.length} of ${addresses.length} assets, ${failed} failed${silent === 0 ? '' : `, ${silent} silent so far`}`,
            ...[...doing].map(([name, what]) => `  ${name.padEnd(width)}  ${what}`),
          ],
    )
  }
  const collectOne = async (address: AssetAddress): Promise<AssetOutcome<Value>> => {
    const say = (what: string): void => {
      doing.set(address.name, what)
      show()
    }
    const waitAside = async <Awaited>(wait: Promise<Awaited>): Promise<Awaited> => {
      const before = doing.get(address.name) ?? 'connecting'
      doing.delete(address.name)
      silent += 1
      show()
      try {
        return await places.stepAside(wait)
      } finally {
        silent -= 1
        say(before)
      }
    }
    say('connecting')
    const limit = startLimit(address.name, options.assetTimeout)
    const assetSignal = AbortSignal.any([signal, limit.signal])
    try {
      const session = await openTarget(address, {
        secrets,
        hostKey: options.hostKey,
        knownHosts: options.knownHosts.replace(/^~(?=\/)/, homedir()),
        ...(options.commandTimeout === undefined ? {} : { commandTimeoutMs: options.commandTimeout * 1000 }),
        signal: assetSignal,
        stepAside: asides.bound(waitAside),
      })
      try {
        const collected = await collect(session, await plan, {
          now: currentTime(),
          signal: assetSignal,
          onProgress: (done, total) => say(`${done} of ${total} objects`),
        })
        const traffic = 'traffic' in session ? session.traffic() : undefined
        return { address, value: await take({ address, collected, traffic }) }
      } finally {
        await session.close()
      }
    } catch (error) {
      signal.throwIfAborted()
      const reason: unknown = limit.signal.aborted ? limit.signal.reason : error
      return { address, error: reason instanceof Error ? reason : new Error(String(reason)) }
    } finally {
      limit.clear()
      doing.delete(address.name)
    }
  }
  try {
    await Promise.all(
      addresses.map((address, at) =>
        places.hold(async () => {
          outcomes[at] = await collectOne(address)
          show()
        }),
      ),
    )
  } finally {
    progress.clear()
  }
  return outcomes.filter((outcome) => outcome !== undefined)
}

/** What never ends by itself: each command, and each silence between two answers, has a limit of its own. */
function startLimit(name: string, seconds: number): { readonly signal: AbortSignal; readonly clear: () => void } {
  const controller = new AbortController()
  const late = `${name} took longer than ${seconds} s; see what keeps it busy, or give it more with --asset-timeout`
  // No timer is longer.
  const ms = Math.min(seconds * 1000, 2 ** 31 - 1)
  const timer = setTimeout(() => controller.abort(new TransportError('timed-out', late)), ms)
  return { signal: controller.signal, clear: () => clearTimeout(timer) }
}

/** The reason in one word, by which `docs/errors.md` can be searched, and what to do. */
export function describeError(error: Error): string {
  if (error instanceof TransportError) return `${error.code}: ${messageWithAdvice(error)}`
  return error instanceof Failure ? error.message : `internal error: ${error.message}`
}

/** Of the only asset there is: a bug keeps its stack. */
export function asFailure(error: Error): Error {
  return error instanceof TransportError ? new Failure(describeError(error), { cause: error }) : error
}
