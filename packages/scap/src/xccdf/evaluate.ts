import type { Evaluation, ObjectSource } from '../oval/evaluate/evaluation.ts'
import type { OvalContent } from '../oval/model/content.ts'
import type { SystemCharacteristics } from '../oval/model/system-characteristics.ts'
import { createApplicability, evaluationsOver, type Applicability } from './applicability.ts'
import { chooseCheck, planChecks, type Binding, type CheckPlan } from './check-plan.ts'
import type { BenchmarkContent } from './content.ts'
import { judgeCheck } from './judge-check.ts'
import { definitionsIn, messagesIn, wasAnswered, type DecidedCheck, type JudgedCheck } from './judged-check.ts'
import type { Check, ComplexCheck, Group, Role, Rule, RuleOutcome, Severity } from './model/benchmark.ts'
import type { ResolvedProfile, ResolvedRule } from './resolve.ts'
import { scoreRules, type Score } from './score.ts'
import { renderText } from './text.ts'

/** What a profile came to on one set of collected objects. */
export interface BenchmarkResult {
  readonly benchmarkId: string
  readonly benchmarkVersion: string
  readonly profileId: string | undefined
  readonly tailoring?: ResolvedProfile['tailoring']
  readonly title: string
  /** The platforms of the asset, of those that the benchmark and what was selected name. */
  readonly platforms: readonly string[]
  /** In document order; a check with several definitions may give a rule several. */
  readonly rules: readonly RuleResult[]
  readonly scores: readonly Score[]
  readonly values: Readonly<Record<string, readonly string[]>>
  /** The OVAL documents that were evaluated, each once per set of values. */
  readonly documents: readonly EvaluatedDocument[]
}

/** One OVAL document under one set of values, as far as the profile asked. */
export interface EvaluatedDocument {
  readonly href: string
  /** What it decided: rules, or which platforms the asset is of. */
  readonly purpose: 'platforms' | 'rules'
  readonly content: OvalContent
  readonly definitionIds: readonly string[]
  readonly variables: Readonly<Record<string, readonly string[]>>
  readonly evaluation: Evaluation
}

export interface RuleResult {
  readonly rule: Rule
  readonly ruleId: string
  readonly title: string
  readonly result: RuleOutcome
  readonly severity: Severity
  readonly role: Role
  readonly weight: number
  /** Why, where it does not follow from a check. */
  readonly messages: readonly string[]
  /** The definitions that decided, with their evaluation: what explains the result. */
  readonly decided: readonly DecidedCheck[]
  /** How the result follows from them, step by step; undefined when no check was looked at. */
  readonly judged?: JudgedCheck
  /** That of the rule's checks which was chosen, where one was asked. */
  readonly check?: Check | ComplexCheck
}

export interface EvaluateOptions {
  /** The moment that counts as now. */
  readonly now?: Date
}

/** Judges a profile from what was collected, and from nothing else. Total: whatever was collected, every rule has a result. */
export function evaluateBenchmark(
  content: BenchmarkContent,
  profile: ResolvedProfile,
  collected: SystemCharacteristics,
  options: EvaluateOptions = {},
): BenchmarkResult {
  return evaluateWith(content, profile, { find: (digest) => collected.objects[digest] }, options)
}

/** The same from any source of collected objects. */
export function evaluateWith(
  content: BenchmarkContent,
  profile: ResolvedProfile,
  source: ObjectSource,
  options: EvaluateOptions = {},
): BenchmarkResult {
  const steps = evaluateInSteps(content, profile, source, options)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/**
 * The same, rule by rule: whoever shares the thread with others lets them have their turn in between, and may leave it at
 * that. Nothing that was collected may change before the end.
 */
export function* evaluateInSteps(
  content: BenchmarkContent,
  profile: ResolvedProfile,
  source: ObjectSource,
  { now = new Date() }: EvaluateOptions = {},
): Generator<undefined, BenchmarkResult> {
  const plan = planChecks(content, profile)
  const evaluationOf = evaluationsOver(source, now)
  const applicability = createApplicability(content, plan.platforms, evaluationOf)
  const judge: Judge = { content, profile, plan, evaluationOf, applicability }
  const dependencies: Dependencies = { dropped: new Map(), begun: new Set() }
  const rules: RuleResult[] = []
  for (const resolved of profile.rules) {
    rules.push(...judgeRule(judge, resolved, dependencies))
    yield
  }
  return {
    benchmarkId: content.benchmark.id,
    benchmarkVersion: content.benchmark.version,
    profileId: profile.profileId,
    ...(profile.tailoring === undefined ? {} : { tailoring: profile.tailoring }),
    title: profile.title,
    platforms: [...platformsNamed(content, profile)].filter((platform) => applicability.isOf(platform)),
    rules,
    scores: scoreRules(content.benchmark, rules, profile.groupWeights),
    values: profile.values,
    documents: [
      ...[...plan.platforms.values()].map((binding) => ({ binding, purpose: 'platforms' as const })),
      ...plan.bindings.map((binding) => ({ binding, purpose: 'rules' as const })),
    ].map(({ binding, purpose }) => ({
      href: binding.href,
      purpose,
      content: binding.content,
      definitionIds: [...binding.definitionIds],
      variables: binding.variables,
      evaluation: judge.evaluationOf(binding),
    })),
  }
}

function platformsNamed({ benchmark }: BenchmarkContent, { rules }: ResolvedProfile): Set<string> {
  const items = rules.filter(({ selected }) => selected).flatMap(({ groups, rule }) => [...groups, rule])
  return new Set([benchmark, ...items].flatMap(({ platforms }) => platforms))
}

export interface Judge {
  readonly content: BenchmarkContent
  readonly profile: ResolvedProfile
  readonly plan: CheckPlan
  readonly evaluationOf: (binding: Binding) => Evaluation
  readonly applicability: Applicability
}

function judgeRule(judge: Judge, resolved: ResolvedRule, dependencies: Dependencies): RuleResult[] {
  const { rule, severity, role, weight } = resolved
  const result = (outcome: RuleOutcome, messages: readonly string[] = [], judged?: JudgedCheck): RuleResult => ({
    rule,
    ruleId: rule.id,
    title: renderText(rule.title, judge.profile.values),
    // XCCDF 1.2, RoleEnumType: whatever the check says, once it was asked.
    result: role === 'unscored' && judged !== undefined && wasAnswered(judged) ? 'informational' : outcome,
    severity,
    role,
    weight,
    messages,
    decided: judged === undefined ? [] : definitionsIn(judged),
    ...(judged === undefined ? {} : { judged }),
  })
  const conflict = conflictOf(judge, resolved, dependencies)
  if (!resolved.selected) return [result('notselected')]
  if (conflict !== undefined) return [result('notselected', [conflict])]
  if (role === 'unchecked') return [result('notchecked', ['the profile leaves this rule unchecked'])]
  const applies = judge.applicability.appliesTo(resolved)
  if (applies === false) return [result('notapplicable')]
  if (applies === 'error')
    return [result('error', ['whether it applies is not known', ...judge.applicability.whyUntold(resolved)])]
  const check = chooseCheck(resolved, judge.profile.allowsScripts)
  if (check === undefined) return [result('notchecked', ['the rule has no check'])]
  return judgeCheck(judge, check).map((judged) => ({ ...result(judged.outcome, messagesIn(judged), judged), check }))
}

/** What `requires` and `conflicts` came to so far. */
interface Dependencies {
  /** Items that are not selected any more, with the reason. */
  readonly dropped: Map<string, string>
  /** Items that were come to. */
  readonly begun: Set<string>
}

/**
 * XCCDF 1.2, 6.4.4.2: of `requires` each list needs one that is selected; of `conflicts` none may be. What is dropped, a
 * group with all in it, is not selected for what comes later. A group is judged before each item that it holds, as by the
 * referee.
 */
function conflictOf(
  { profile }: Judge,
  { rule, groups }: ResolvedRule,
  { dropped, begun }: Dependencies,
): string | undefined {
  if (profile.isByName === true) return undefined
  const isSelected = (id: string): boolean => profile.selected.has(id) && !dropped.has(id)
  const reasonOf = (item: Rule | Group): string | undefined => {
    const missing = item.requires.find((list) => !list.some(isSelected))
    if (missing !== undefined) return `it requires ${missing.join(' or ')}, which is not selected`
    const other = item.conflicts.find(isSelected)
    return other === undefined ? undefined : `it conflicts with ${other}, which is selected`
  }
  const drop = (item: Rule | Group, reason: string): void => {
    dropped.set(item.id, reason)
    if (item.kind === 'group') for (const child of item.children) drop(child, reason)
  }
  const path = [...groups, rule]
  for (const [at, item] of path.entries()) {
    const known = dropped.get(item.id)
    if (known !== undefined) return known
    const below = path[at + 1]
    if (below !== undefined && begun.has(below.id)) continue
    if (below !== undefined) begun.add(below.id)
    const reason = reasonOf(item)
    if (reason === undefined) continue
    drop(item, reason)
    return reason
  }
  return undefined
}
