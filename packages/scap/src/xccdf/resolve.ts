import { ContentError } from '../errors.ts'
import type { Benchmark, Group, Profile, ProfileChange, Role, Rule, Severity, Text } from './model/benchmark.ts'
import type { Tailoring } from './tailoring.ts'
import { renderText } from './text.ts'

/** A benchmark as one profile sees it. */
export interface ResolvedProfile {
  /** Undefined: the benchmark's own defaults. */
  readonly profileId: string | undefined
  readonly title: string
  readonly description: string
  /** Every rule, in document order, selected or not. */
  readonly rules: readonly ResolvedRule[]
  /** The values in force, by id. A value whose selector is not known is left out. */
  readonly values: Readonly<Record<string, readonly string[]>>
  /** Ids of groups and rules that are selected, for `requires` and `conflicts`. */
  readonly selected: ReadonlySet<string>
  /** Somebody named the rules one by one: `requires` and `conflicts` do not count. */
  readonly isByName?: boolean
  /** Weights of groups that the profile refines. */
  readonly groupWeights: Readonly<Record<string, number>>
  /** What of the benchmark is not followed, and what the profile changes that it does not have: whoever asks should be told. */
  readonly ignored: readonly string[]
  /** The tailoring that the profile is of. */
  readonly tailoring?: Pick<Tailoring, 'href' | 'id' | 'time' | 'version'>
  /** The operator lets scripts of the content run: `{ ...profile, allowsScripts: true }`. */
  readonly allowsScripts?: boolean
}

export interface ResolvedRule {
  readonly rule: Rule
  /** Its groups, outermost first. */
  readonly groups: readonly Group[]
  /** Itself and all its groups. */
  readonly selected: boolean
  readonly role: Role
  readonly severity: Severity
  readonly weight: number
  readonly checkSelector: string
}

/** Throws `profile-not-found`, naming those that there are. */
export function resolveProfile(
  benchmark: Benchmark,
  profileId: string | undefined,
  tailoring?: Tailoring,
): ResolvedProfile {
  const profile = profileId === undefined ? undefined : findProfile(benchmark, profileId, tailoring)
  const chain = profile === undefined ? [] : extendedBy(benchmark, profile, tailoring)
  const own = (text: (one: Profile) => Text): Text | undefined => chain.map(text).findLast(({ length }) => length > 0)
  const targets = targetsOf(benchmark)
  const chosen = new Map<string, boolean>()
  const values: Record<string, readonly string[]> = {}
  for (const value of Object.values(benchmark.values)) values[value.id] = value.choices[value.defaultSelector] ?? []
  const set: Record<string, readonly string[]> = {}
  const refinements = new Map<string, Extract<ProfileChange, { kind: 'refine-rule' }>>()
  const ignored = new Set<string>()
  for (const { id: changing, changes } of chain) {
    for (const change of changes) {
      const ids = targets[changed[change.kind]].get(change.idref) ?? []
      for (const id of ids) apply(change, id, { benchmark, chosen, values, set, refinements })
      if (ids.length === 0)
        ignored.add(
          `profile "${changing}": <${change.kind} idref="${change.idref}"> refers to no ${changed[change.kind]} of this benchmark and is ignored`,
        )
    }
  }
  // XCCDF 1.2, set-value: it overrides the values that a selector would choose among, whichever of the two comes first.
  Object.assign(values, set)
  const groupWeights: Record<string, number> = {}
  const selected = new Set<string>()
  const rules = resolveItems(benchmark.items, [], true)

  function resolveItems(items: readonly (Group | Rule)[], groups: readonly Group[], parents: boolean): ResolvedRule[] {
    return items.flatMap((item): ResolvedRule[] => {
      const isSelected = parents && (chosen.get(item.id) ?? item.selected)
      if (isSelected) selected.add(item.id)
      const refined = refinements.get(item.id)
      if (item.kind === 'group') {
        // XCCDF 1.2, refine-rule: of a group it changes the weight alone.
        if (refined?.weight !== undefined) groupWeights[item.id] = refined.weight
        return resolveItems(item.children, [...groups, item], isSelected)
      }
      return [
        {
          rule: item,
          groups,
          selected: isSelected,
          role: refined?.role ?? item.role,
          severity: refined?.severity ?? item.severity,
          weight: refined?.weight ?? item.weight,
          checkSelector: refined?.selector ?? '',
        },
      ]
    })
  }
  return {
    profileId: profile?.id,
    ...(profile !== undefined && tailoring?.profiles.includes(profile) === true ? { tailoring } : {}),
    title: renderText(own(({ title }) => title) ?? benchmark.title, values),
    description: renderText(own(({ description }) => description) ?? benchmark.description, values),
    rules,
    values,
    selected,
    groupWeights,
    ignored: [...(benchmark.ignored ?? []), ...ignored],
  }
}

/** What each change is for. */
const changed = {
  select: 'group or rule',
  'refine-rule': 'group or rule',
  'set-value': 'value',
  'refine-value': 'value',
} as const satisfies Record<ProfileChange['kind'], string>

interface Resolving {
  readonly benchmark: Benchmark
  readonly chosen: Map<string, boolean>
  readonly values: Record<string, readonly string[]>
  readonly set: Record<string, readonly string[]>
  readonly refinements: Map<string, Extract<ProfileChange, { kind: 'refine-rule' }>>
}

function apply(change: ProfileChange, id: string, { benchmark, chosen, values, set, refinements }: Resolving): void {
  switch (change.kind) {
    case 'select':
      chosen.set(id, change.selected)
      return
    case 'set-value':
      set[id] = benchmark.values[id]?.type === 'string' ? change.values : change.values.map((text) => text.trim())
      return
    case 'refine-value': {
      const choice = benchmark.values[id]?.choices[change.selector]
      // An unknown selector leaves the value without any: what depends on it cannot be judged.
      if (choice === undefined) delete values[id]
      else values[id] = choice
      return
    }
    case 'refine-rule':
      refinements.set(id, { ...refinements.get(id), ...change })
  }
}

/** By its id, or by the end of it after `profile_`, as long as that names just one. A tailoring's profiles come first. */
export function findProfile(benchmark: Benchmark, name: string, tailoring?: Tailoring): Profile {
  const profiles = [...(tailoring?.profiles ?? []), ...benchmark.profiles]
  const exact = profiles.find(({ id }) => id === name)
  if (exact !== undefined) return exact
  const ending = [
    ...new Map(profiles.filter(({ id }) => id.endsWith(`_profile_${name}`)).map((one) => [one.id, one])).values(),
  ]
  const [only, second] = ending
  if (only !== undefined && second === undefined) return only
  const known = profiles.map(({ id }) => id).join(', ')
  throw new ContentError(
    'profile-not-found',
    second === undefined
      ? `there is no profile "${name}"; ${known === '' ? 'the benchmark has none' : `there are ${known}`}`
      : `"${name}" could be any of ${ending.map(({ id }) => id).join(', ')}`,
    { id: name },
  )
}

/** The profile last, after those that it extends: what they change comes first. */
function extendedBy(benchmark: Benchmark, profile: Profile, tailoring: Tailoring | undefined): Profile[] {
  const chain: Profile[] = []
  for (let at: Profile | undefined = profile; at !== undefined;) {
    if (chain.includes(at)) {
      throw new ContentError('content-circular-reference', `profile "${at.id}" extends itself`, { id: at.id })
    }
    chain.unshift(at)
    const base: string | undefined = at.extends
    if (base === undefined) break
    // A tailoring's profiles take the place of the benchmark's, and may extend the one whose id they take over.
    const candidates: readonly Profile[] = [
      ...(tailoring?.profiles.includes(at) === true ? tailoring.profiles : []),
      ...benchmark.profiles,
      ...(benchmark.abstractProfiles ?? []),
    ]
    const found: Profile | undefined =
      candidates.find((one) => one.id === base && !chain.includes(one)) ?? candidates.find(({ id }) => id === base)
    if (found === undefined) {
      throw new ContentError(
        'content-dangling-reference',
        `profile "${at.id}" extends "${base}", which does not exist`,
        { id: base },
      )
    }
    at = found
  }
  return chain
}

type Targets = ReadonlyMap<string, readonly string[]>

/** What an idref may name: an item or a value, or all that are of one cluster. */
function targetsOf({ items, values }: Benchmark): Record<(typeof changed)[ProfileChange['kind']], Targets> {
  const within = (item: Group | Rule): (Group | Rule)[] => [
    item,
    ...(item.kind === 'group' ? item.children.flatMap(within) : []),
  ]
  return { 'group or rule': byIdOrCluster(items.flatMap(within)), value: byIdOrCluster(Object.values(values)) }
}

function byIdOrCluster(all: readonly { readonly id: string; readonly clusterId?: string }[]): Targets {
  const targets = new Map<string, string[]>()
  for (const { id, clusterId } of all)
    for (const name of clusterId === undefined ? [id] : [id, clusterId])
      targets.set(name, [...(targets.get(name) ?? []), id])
  return targets
}
