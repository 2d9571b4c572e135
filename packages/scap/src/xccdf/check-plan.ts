import { checksOfPlatform } from '../cpe/applicability.ts'
import type { ObjectSource } from '../oval/evaluate/evaluation.ts'
import type { CollectionPlan, CollectionRequest } from '../oval/model/plan.ts'
import type { OvalContent } from '../oval/model/content.ts'
import { createApplicability, evaluationsOver } from './applicability.ts'
import type { BenchmarkContent } from './content.ts'
import type { Check, ComplexCheck } from './model/benchmark.ts'
import type { ResolvedProfile, ResolvedRule } from './resolve.ts'

export const ovalSystem = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'

/** An OVAL document under the values that some checks export to it. */
export interface Binding {
  readonly href: string
  readonly content: OvalContent
  readonly variables: Record<string, readonly string[]>
  readonly definitionIds: Set<string>
  /** The rules that each definition decides. */
  readonly rulesOf: Map<string, ResolvedRule[]>
}

/** What is to be asked for a profile: which document, under which values, decides each check. */
export interface CheckPlan {
  readonly bindings: readonly Binding[]
  /** Of the checks that have an OVAL document here. */
  readonly bindingOf: ReadonlyMap<Check, Binding>
  /** The documents that tell platforms apart; they take no values. */
  readonly platforms: ReadonlyMap<string, Binding>
}

/**
 * The checks of the selected rules, bound to the profile's values. Two checks that export different values for one
 * variable of a document get separate bindings; all others share one.
 */
export function planChecks(content: BenchmarkContent, profile: ResolvedProfile): CheckPlan {
  const byDocument = new Map<string, Binding[]>()
  const bindingOf = new Map<Check, Binding>()
  for (const rule of profile.rules) {
    if (!rule.selected || rule.role === 'unchecked') continue
    for (const check of checksOf(chooseCheck(rule))) {
      const reference = usableReference(content, check)
      if (reference === undefined) continue
      const binding = bind(byDocument, reference.href, reference.document, exportsOf(check, profile))
      bindingOf.set(check, binding)
      for (const id of reference.definitionIds) {
        binding.definitionIds.add(id)
        binding.rulesOf.set(id, [...(binding.rulesOf.get(id) ?? []), rule])
      }
    }
  }
  return { bindings: [...byDocument.values()].flat(), bindingOf, platforms: planPlatforms(content, profile) }
}

/**
 * What to collect from an asset for a profile: first the definitions that say which rules apply, then those of the rules
 * that do.
 */
export function planCollection(content: BenchmarkContent, profile: ResolvedProfile): CollectionPlan {
  const { bindings, platforms } = planChecks(content, profile)
  const request = ({ content: document, definitionIds, variables }: Binding): CollectionRequest => ({
    content: document,
    definitionIds: [...definitionIds],
    externalVariables: variables,
  })
  const isNeeded = ({ definitionIds }: Binding): boolean => definitionIds.size > 0
  return [
    ...[...platforms.values()].filter(isNeeded).map(request),
    ...bindings.filter(isNeeded).map((binding) => ({
      ...request(binding),
      narrow: (collected: ObjectSource, now: Date) => {
        const applicability = createApplicability(content, platforms, evaluationsOver(collected, now))
        return [...binding.rulesOf]
          .filter(([, rules]) => rules.some((rule) => applicability.mayApplyTo(rule)))
          .map(([id]) => id)
      },
    })),
  ]
}

/** The values that a check gives to the variables of its document; a value without any is left out. */
export function exportsOf(check: Check, profile: ResolvedProfile): Record<string, readonly string[]> {
  const variables: Record<string, readonly string[]> = {}
  for (const { name, valueId } of check.exports) {
    const values = profile.values[valueId]
    if (values !== undefined) variables[name] = values
  }
  return variables
}

/**
 * Which of a rule's checks counts: a complex one, or else the last whose system we can evaluate, or else the last of
 * all, which then says why nothing was checked. A selector that no check has means the checks without one.
 */
export function chooseCheck({ rule, checkSelector }: ResolvedRule): Check | ComplexCheck | undefined {
  if (rule.complexCheck !== undefined) return rule.complexCheck
  const selected = rule.checks.filter(({ selector }) => selector === checkSelector)
  const candidates = selected.length > 0 ? selected : rule.checks.filter(({ selector }) => selector === '')
  return candidates.findLast(({ system }) => system === ovalSystem) ?? candidates.at(-1)
}

function checksOf(check: Check | ComplexCheck | undefined): Check[] {
  if (check === undefined) return []
  return check.kind === 'check' ? [check] : check.children.flatMap(checksOf)
}

export interface UsableReference {
  readonly href: string
  readonly document: OvalContent
  /** The one that is named, or all of the document. */
  readonly definitionIds: readonly string[]
}

/** The first of a check's references that leads to something. */
export function usableReference(
  { oval }: BenchmarkContent,
  { system, contentRefs }: Check,
): UsableReference | undefined {
  if (system !== ovalSystem) return undefined
  for (const { href, name } of contentRefs) {
    const document = Object.hasOwn(oval, href) ? oval[href] : undefined
    if (document === undefined) continue
    if (name === undefined) return { href, document, definitionIds: Object.keys(document.definitions) }
    if (Object.hasOwn(document.definitions, name)) return { href, document, definitionIds: [name] }
  }
  return undefined
}

function bind(
  byDocument: Map<string, Binding[]>,
  href: string,
  content: OvalContent,
  variables: Record<string, readonly string[]>,
): Binding {
  const bindings = byDocument.get(href) ?? []
  byDocument.set(href, bindings)
  const fitting = bindings.find((binding) =>
    Object.entries(variables).every(([name, values]) => {
      const bound = binding.variables[name]
      return bound === undefined || JSON.stringify(bound) === JSON.stringify(values)
    }),
  )
  const binding = fitting ?? newBinding(href, content)
  if (fitting === undefined) bindings.push(binding)
  Object.assign(binding.variables, variables)
  return binding
}

const newBinding = (href: string, content: OvalContent): Binding => ({
  href,
  content,
  variables: {},
  definitionIds: new Set(),
  rulesOf: new Map(),
})

function planPlatforms(content: BenchmarkContent, profile: ResolvedProfile): Map<string, Binding> {
  const platforms = new Set(content.benchmark.platforms)
  for (const { rule, groups, selected } of profile.rules) {
    if (!selected) continue
    for (const item of [...groups, rule]) for (const platform of item.platforms) platforms.add(platform)
  }
  const bindings = new Map<string, Binding>()
  for (const { href, id } of [...platforms].flatMap((platform) => checksOfPlatform(content.cpe, platform))) {
    const document = Object.hasOwn(content.cpeOval, href) ? content.cpeOval[href] : undefined
    if (document === undefined || !Object.hasOwn(document.definitions, id)) continue
    const binding = bindings.get(href) ?? newBinding(href, document)
    binding.definitionIds.add(id)
    bindings.set(href, binding)
  }
  return bindings
}
