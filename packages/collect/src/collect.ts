import { collectionRounds, createEvaluation, scriptType } from '@plumbline/scap'
import type {
  CollectedObject,
  CollectionPlan,
  CollectionRequest,
  Flag,
  Item,
  ObjectSource,
  ResolvedObject,
  SystemCharacteristics,
} from '@plumbline/scap'
import { isSessionLost } from './errors.ts'
import { readSystemInfo } from './platform/system-info.ts'
import { findTestType } from './registry.ts'
import { collectScript } from './script.ts'
import type { Session } from './session.ts'

export interface CollectOptions {
  /** The moment that the evidence bears, and against which `time_difference` counts. */
  readonly now: Date
  readonly signal?: AbortSignal | undefined
  /** The most items one object may have; more make it `incomplete`. */
  readonly maxItems?: number
  readonly onProgress?: (done: number, total: number) => void
}

const defaultMaxItems = 100_000

/**
 * Collects what a plan asks of one asset, each distinct object once: first what tells which rules apply, then what those
 * rules ask. Objects that need others (their variables take
 * values from them) wait for a later round; all of a round are asked at the same time.
 *
 * What cannot be read is an outcome: the object's flag says so and a message says why. Only what ends the session, or
 * the signal, rejects.
 */
export async function collect(
  session: Session,
  plan: CollectionPlan,
  options: CollectOptions,
): Promise<SystemCharacteristics> {
  const systemInfo = readSystemInfo(session)
  const objects = new Map<string, CollectedObject>()
  const source: ObjectSource = { find: (digest) => objects.get(digest) }
  let done = 0
  let total = 0
  const collectAll = async (requests: CollectionPlan): Promise<void> => {
    const work = requests.map((request) => ({
      request,
      rounds: collectionRounds(request.content, request.definitionIds),
    }))
    total += work.reduce((sum, { rounds }) => sum + rounds.flat().length, 0)
    for (let round = 0; work.some(({ rounds }) => round < rounds.length); round += 1) {
      const asked = work.flatMap(({ request, rounds }) =>
        resolveRound(request, rounds[round] ?? [], source, options.now),
      )
      const distinct = new Map(asked.map((object) => [object.digest, object]))
      await Promise.all(
        [...distinct.values()].map(async (object) => {
          if (objects.has(object.digest)) return
          objects.set(object.digest, await collectObject(session, object, options))
          options.signal?.throwIfAborted()
          options.onProgress?.((done += 1), total)
        }),
      )
    }
  }
  await collectAll(plan.filter(({ narrow }) => narrow === undefined))
  // Now it is known which rules apply; nothing is collected for the others.
  await collectAll(
    plan
      .filter(({ narrow }) => narrow !== undefined)
      .map((request) => ({ ...request, definitionIds: request.narrow?.(source, options.now) ?? [] })),
  )
  return {
    systemInfo: await systemInfo,
    objects: Object.fromEntries([...objects].sort(([one], [other]) => (one < other ? -1 : 1))),
  }
}

/** An evaluation remembers what it worked out, so each round begins with a fresh one that sees what was collected. */
function resolveRound(
  { content, externalVariables }: CollectionRequest,
  objectIds: readonly string[],
  source: ObjectSource,
  now: Date,
): ResolvedObject[] {
  const evaluation = createEvaluation({ content, externalVariables, source, now })
  return objectIds.map((id) => evaluation.resolveObject(id))
}

async function collectObject(
  session: Session,
  object: ResolvedObject,
  { now, signal, maxItems = defaultMaxItems }: CollectOptions,
): Promise<CollectedObject> {
  const collectedAt = now.toISOString()
  const without = (flag: Flag, ...messages: readonly string[]): CollectedObject => ({
    flag,
    messages,
    items: [],
    collectedAt,
  })
  if (object.unresolved !== undefined) return without(object.unresolved.flag, ...object.unresolved.messages)
  if (object.testType === scriptType) {
    const outcome = await collectScript(session, object)
    signal?.throwIfAborted()
    return { ...outcome, collectedAt }
  }
  const testType = findTestType(object.testType)
  if (testType === undefined) return without('not collected', `${object.testType} objects are not supported`)
  try {
    const outcome = await testType.collect(session, object, maxItems)
    const kept = distinctItems(outcome.items)
    const items = kept.slice(0, maxItems)
    const messages = [...(outcome.messages ?? [])]
    if (kept.length > maxItems) messages.push(`more than ${maxItems} items; the rest was not collected`)
    return { flag: flagOf(outcome.flag, items, kept.length > maxItems), messages, items, collectedAt }
  } catch (error) {
    signal?.throwIfAborted()
    if (isSessionLost(error)) throw error
    return without(codeOf(error) === 'not-possible-offline' ? 'not collected' : 'error', messageOf(error))
  }
}

/** OVAL system characteristics schema, FlagEnumeration. */
function flagOf(given: Flag | undefined, items: readonly Item[], cut: boolean): Flag {
  if (given !== undefined && given !== 'complete' && given !== 'does not exist') return given
  if (cut) return 'incomplete'
  if (items.some(({ status }) => status === 'error')) return 'error'
  if (items.some(({ status }) => status === 'not collected')) return 'incomplete'
  return items.some(({ status }) => status === 'exists') ? 'complete' : 'does not exist'
}

/** A set has no doubles: a file reached by two paths of an object is one item. In an order that does not depend on timing. */
function distinctItems(items: readonly Item[]): Item[] {
  const byContent = new Map(items.map((item) => [JSON.stringify([item.line, item.status, item.entities]), item]))
  return [...byContent.values()]
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | undefined)?.code

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
