import { collectionSteps, createEvaluation, scriptType } from '@plumbline/scap'
import type {
  CollectedObject,
  CollectionPlan,
  CollectionRequest,
  Evaluation,
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
 * rules ask. An object that needs others (its variables take values from them) begins when these are there, and waits for
 * nothing else: how often a far asset is waited for is the longest such chain.
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
  const underWay = new Map<string, Promise<void>>()
  const collectOnce = (object: ResolvedObject): Promise<void> => {
    const collected =
      underWay.get(object.digest) ??
      collectObject(session, object, options).then((outcome) => {
        options.signal?.throwIfAborted()
        objects.set(object.digest, outcome)
      })
    underWay.set(object.digest, collected)
    return collected
  }
  let done = 0
  let total = 0
  const collectAll = async (requests: CollectionPlan): Promise<void> => {
    const work = requests.map((request) => ({
      steps: collectionSteps(request.content, request.definitionIds),
      resolve: resolver(request, source, options.now),
    }))
    total += work.reduce((sum, { steps }) => sum + steps.length, 0)
    await Promise.all(
      work.flatMap(({ steps, resolve }) => {
        const collected = new Map<string, Promise<void>>()
        for (const { objectId, needs } of steps) {
          const one = Promise.all(needs.map((id) => collected.get(id) ?? Promise.resolve()))
            .then(() => resolve(objectId))
            .then(collectOnce)
            .then(() => options.onProgress?.((done += 1), total))
          collected.set(objectId, one)
        }
        return [...collected.values()]
      }),
    )
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

/**
 * Resolves the objects of a request. An evaluation remembers what it worked out, so it serves only those that can be
 * resolved at the same moment; the next ones see what was collected meanwhile.
 */
function resolver(
  { content, externalVariables }: CollectionRequest,
  source: ObjectSource,
  now: Date,
): (objectId: string) => Promise<ResolvedObject> {
  let moment: Promise<Evaluation> | undefined
  return async (objectId) => {
    // Of a far asset many answers come at once: all that waits for them is let come here first.
    moment ??= new Promise((resolve) => {
      process.nextTick(() => {
        moment = undefined
        resolve(createEvaluation({ content, externalVariables, source, now }))
      })
    })
    return (await moment).resolveObject(objectId)
  }
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
  if (items.some(({ status }) => status === 'error')) return 'error'
  if (cut) return 'incomplete'
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
