import { checksOfPlatform } from '../cpe/applicability.ts'
import type { ObjectSource } from '../oval/evaluate/evaluation.ts'
import type { CollectionPlan, CollectionRequest } from '../oval/model/plan.ts'
import type { OvalContent } from '../oval/model/content.ts'
import { createApplicability, evaluationsOver } from './applicability.ts'
import { documentOfScripts, scriptSystem, type Script } from '../sce/script.ts'
import type { BenchmarkContent } from './content.ts'
import type { Benchmark, Check, ComplexCheck } from './model/benchmark.ts'
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
  /** The scripts that are to run, as a document of their own; undefined without any. */
  readonly scripts: Binding | undefined
}

/**
 * The checks of the selected rules, bound to the profile's values. Two checks that export different values for one
 * variable of a document get separate bindings; all others share one.
 */
export function planChecks(content: BenchmarkContent, profile: ResolvedProfile): CheckPlan {
  const byDocument = new Map<string, Binding[]>()
  const bindingOf = new Map<Check, Binding>()
  const scripts = new Map<string, Script>()
  const rulesOf = new Map<string, ResolvedRule[]>()
  for (const rule of profile.rules) {
    if (!rule.selected || rule.role === 'unchecked') continue
    for (const check of checksOf(chooseCheck(rule, profile.allowsScripts))) {
      for (const script of scriptsOf(content, profile, check)) {
        const id = scriptId(script)
        scripts.set(id, script)
        rulesOf.set(id, [...(rulesOf.get(id) ?? []), rule])
      }
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
  return {
    bindings: [...byDocument.values()].flat(),
    bindingOf,
    platforms: planPlatforms(content, profile),
    scripts:
      scripts.size === 0
        ? undefined
        : { ...newBinding('', documentOfScripts(scripts)), definitionIds: new Set(scripts.keys()), rulesOf },
  }
}

/**
 * What to collect from an asset for a profile: first the definitions that say which rules apply, then those of the rules
 * that do.
 */
export function planCollection(content: BenchmarkContent, profile: ResolvedProfile): CollectionPlan {
  const { bindings, platforms, scripts } = planChecks(content, profile)
  const request = ({ content: document, definitionIds, variables }: Binding): CollectionRequest => ({
    content: document,
    definitionIds: [...definitionIds],
    externalVariables: variables,
  })
  const isNeeded = ({ definitionIds }: Binding): boolean => definitionIds.size > 0
  return [
    ...[...platforms.values()].filter(isNeeded).map(request),
    ...[...bindings, ...(scripts === undefined ? [] : [scripts])].filter(isNeeded).map((binding) => ({
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

/**
 * The values that a check gives to the variables of its document; a value without any is left out. Where several go to
 * one variable, it has them all, each once: the specification leaves that open, and the referee has it so.
 */
export function exportsOf(check: Check, profile: ResolvedProfile): Record<string, readonly string[]> {
  const variables: Record<string, readonly string[]> = {}
  for (const { name, valueId } of check.exports) {
    const values = profile.values[valueId]
    if (values !== undefined) variables[name] = [...new Set([...(variables[name] ?? []), ...values])]
  }
  return variables
}

/** The scripts of a check that are at hand, each as a reference after the other names it; none where none may run. */
export function scriptsOf(
  { scripts = {}, benchmark }: BenchmarkContent,
  profile: ResolvedProfile,
  check: Check,
): Script[] {
  if (check.system !== scriptSystem || profile.allowsScripts !== true) return []
  return check.contentRefs.flatMap(({ href }) => {
    const text = Object.hasOwn(scripts, href) ? scripts[href] : undefined
    return text === undefined ? [] : [{ href, text, environment: environmentOf(check, profile, benchmark) }]
  })
}

export const scriptId = ({ href, environment }: Script): string => [href, ...environment].join('\0')

/** As the referee tells values: `XCCDF_VALUE_limit=5`, `XCCDF_TYPE_limit=NUMBER`, `XCCDF_OPERATOR_limit=GREATER`. */
function environmentOf({ exports }: Check, profile: ResolvedProfile, benchmark: Benchmark): string[] {
  return exports.flatMap(({ name, valueId }) => {
    const value = profile.values[valueId]
    if (value === undefined || !isVariableName.test(name)) return []
    const { type = 'string', operator = 'equals' } = benchmark.values[valueId] ?? {}
    return [
      `XCCDF_VALUE_${name}=${value.join('\n')}`,
      `XCCDF_TYPE_${name}=${type.toUpperCase()}`,
      `XCCDF_OPERATOR_${name}=${operator.replace(' than', '').replace('or ', '').replaceAll(' ', '_').toUpperCase()}`,
    ]
  })
}

const isVariableName = /^[\w.:-]+$/

/**
 * Which of a rule's checks counts: a complex one, or else the last whose system we can evaluate, or else the last of
 * all, which then says why nothing was checked. A selector that no check has means the checks without one.
 */
export function chooseCheck(
  { rule, checkSelector }: ResolvedRule,
  allowsScripts = false,
): Check | ComplexCheck | undefined {
  if (rule.complexCheck !== undefined) return rule.complexCheck
  const selected = rule.checks.filter(({ selector }) => selector === checkSelector)
  const candidates = selected.length > 0 ? selected : rule.checks.filter(({ selector }) => selector === '')
  const isOurs = ({ system }: Check): boolean => system === ovalSystem || (allowsScripts && system === scriptSystem)
  // Where no script may run that is the reason, rather than a questionnaire that would do instead.
  return candidates.findLast(isOurs) ?? candidates.find(({ system }) => system === scriptSystem) ?? candidates.at(-1)
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
      return bound === undefined || (bound.length === values.length && values.every((value) => bound.includes(value)))
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
