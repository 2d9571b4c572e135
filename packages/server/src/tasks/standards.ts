import { createHash } from 'node:crypto'
import { checkGuid, planCollection, resolveProfile } from '@plumbline/scap'
import type { BenchmarkContent, CollectionPlan, CollectionRequest, ResolvedProfile } from '@plumbline/scap'
import type { PinnedStandard } from '../store/run-inputs.ts'

/** A standard as it is needed to collect for it and to evaluate it, again and again. */
export interface PreparedStandard {
  readonly pinned: PinnedStandard
  readonly content: BenchmarkContent
  readonly profile: ResolvedProfile
  readonly plan: CollectionPlan
  /** The rules that results of this standard list, in their order: those that the profile selects. */
  readonly rules: readonly { readonly id: string; readonly checkId: string }[]
}

/** Keeps standards ready in memory: 10,000 assets of a run use the same few. */
export interface StandardLibrary {
  prepare(pinned: readonly PinnedStandard[]): Promise<PreparedStandard[]>
}

/** Reads a benchmark of imported content; `bytes` is the size of what it was imported from. */
export type LoadBenchmark = (
  contentDigest: string,
  benchmarkId: string,
) => Promise<{ readonly content: BenchmarkContent; readonly bytes: number }>

/** Of source content; what is kept of it in memory is two to three times as much. */
const defaultMaxBytes = 64 * 1024 * 1024

export function createStandardLibrary(loadBenchmark: LoadBenchmark, maxBytes = defaultMaxBytes): StandardLibrary {
  const contents = new Map<string, Promise<LoadedContent>>()
  let keptBytes = 0

  const load = async (pinned: PinnedStandard): Promise<LoadedContent> => {
    const { content, bytes } = await loadBenchmark(pinned.contentDigest, pinned.benchmarkId)
    const loaded = { content, bytes, standards: new Map<string, PreparedStandard>() }
    keptBytes += loaded.bytes
    return loaded
  }
  /** What was used longest ago goes first; what is wanted now stays, however large. */
  const forgetOthers = async (wanted: string): Promise<void> => {
    for (const [key, loading] of contents) {
      if (keptBytes <= maxBytes) return
      if (key === wanted) continue
      contents.delete(key)
      keptBytes -= (await loading).bytes
    }
  }
  const find = async (pinned: PinnedStandard): Promise<LoadedContent> => {
    const key = `${pinned.contentDigest} ${pinned.benchmarkId}`
    let loading = contents.get(key)
    // Taken out and put in again: a map remembers the order in which it was filled.
    contents.delete(key)
    loading ??= load(pinned).catch((error: unknown) => {
      contents.delete(key)
      throw error
    })
    contents.set(key, loading)
    const loaded = await loading
    await forgetOthers(key)
    return loaded
  }

  return {
    async prepare(pinned) {
      const prepared: PreparedStandard[] = []
      for (const one of pinned) {
        const { content, standards } = await find(one)
        const key = `${one.id} ${one.allowsScripts === true}`
        const standard = standards.get(key) ?? prepareStandard(one, content)
        standards.set(key, standard)
        prepared.push(standard)
      }
      return prepared
    },
  }
}

interface LoadedContent {
  readonly content: BenchmarkContent
  readonly bytes: number
  readonly standards: Map<string, PreparedStandard>
}

export function prepareStandard(pinned: PinnedStandard, content: BenchmarkContent): PreparedStandard {
  const resolved = resolveProfile(content.benchmark, pinned.profileId ?? undefined)
  const profile = pinned.allowsScripts === true ? { ...resolved, allowsScripts: true } : resolved
  const selected = profile.rules.filter((rule) => rule.selected)
  return {
    pinned,
    content,
    profile,
    plan: planCollection(content, profile),
    rules: selected.map(({ rule: { id } }) => ({ id, checkId: checkGuid(id) })),
  }
}

/** What either needs is needed; a request that is not narrowed needs all of its definitions. */
function narrowBoth(one: CollectionRequest | undefined, other: CollectionRequest): Pick<CollectionRequest, 'narrow'> {
  const needs = [one, other].filter((request) => request !== undefined)
  if (needs.every(({ narrow }) => narrow === undefined)) return {}
  return {
    narrow: (collected, now) => [
      ...new Set(needs.flatMap(({ narrow, definitionIds }) => narrow?.(collected, now) ?? definitionIds)),
    ],
  }
}

/**
 * What several standards ask, as one plan, and a digest that says whether two plans are the same. Profiles of one
 * benchmark ask for definitions of the same documents; these are asked for together.
 */
export function planOf(standards: readonly PreparedStandard[]): {
  readonly plan: CollectionPlan
  readonly digest: string
} {
  const requests = new Map<CollectionRequest['content'], { variables: string; request: CollectionRequest }[]>()
  for (const request of standards.flatMap(({ plan }) => plan)) {
    const { content, definitionIds, externalVariables } = request
    const values = Object.entries(externalVariables).toSorted(([a], [b]) => (a < b ? -1 : 1))
    // What tells which rules apply is collected before the rest, and stays apart.
    const variables = JSON.stringify([request.narrow === undefined, values])
    const same = requests.get(content) ?? []
    requests.set(content, same)
    const index = same.findIndex((one) => one.variables === variables)
    const known = same[index]?.request.definitionIds ?? []
    const merged = { ...request, definitionIds: [...new Set([...known, ...definitionIds])] }
    if (index === -1) same.push({ variables, request: merged })
    else same[index] = { variables, request: { ...merged, ...narrowBoth(same[index]?.request, request) } }
  }
  const sources = standards.map(({ pinned }) => [
    pinned.contentDigest,
    pinned.benchmarkId,
    pinned.profileId,
    ...(pinned.allowsScripts === true ? ['scripts'] : []),
  ])
  const digest = createHash('sha256').update(JSON.stringify(sources.map((one) => one.join(' ')).toSorted()))
  return { plan: [...requests.values()].flat().map(({ request }) => request), digest: digest.digest('hex') }
}
