import type { Evaluation, ObjectSource } from '../oval/evaluate/evaluation.ts'
import type { OvalContent } from '../oval/model/content.ts'
import type { DefinitionResult } from '../oval/model/result.ts'
import type { SystemCharacteristics } from '../oval/model/system-characteristics.ts'
import { createApplicability, evaluationsOver, type Applicability } from './applicability.ts'
import {
  chooseCheck,
  exportsOf,
  ovalSystem,
  planChecks,
  usableReference,
  type Binding,
  type CheckPlan,
} from './check-plan.ts'
import type { BenchmarkContent } from './content.ts'
import type { Check, ComplexCheck, Role, Rule, RuleOutcome, Severity } from './model/benchmark.ts'
import { combineOutcomes, negateOutcome, outcomeOfDefinition } from './outcomes.ts'
import type { ResolvedProfile, ResolvedRule } from './resolve.ts'
import { scoreRules, type Score } from './score.ts'
import { renderText } from './text.ts'

/** What a profile came to on one set of collected objects. */
export interface BenchmarkResult {
  readonly benchmarkId: string
  readonly benchmarkVersion: string
  readonly profileId: string | undefined
  readonly title: string
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
  /** The checks that decided, with their evaluation: what explains the result. */
  readonly decided: readonly DecidedCheck[]
}

export interface DecidedCheck {
  readonly system: string
  readonly href: string
  /** The check counts the other way round. */
  readonly negate: boolean
  readonly definition: DefinitionResult
  /** The evaluation that the definition is of: its tests, variables and objects. */
  readonly evaluation: Evaluation
  readonly exports: Readonly<Record<string, readonly string[]>>
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
  { now = new Date() }: EvaluateOptions = {},
): BenchmarkResult {
  const plan = planChecks(content, profile)
  const evaluationOf = evaluationsOver(source, now)
  const applicability = createApplicability(content, plan.platforms, evaluationOf)
  const judge: Judge = { content, profile, plan, evaluationOf, applicability }
  const dropped = new Set<string>()
  const rules = profile.rules.flatMap((resolved) => judgeRule(judge, resolved, dropped))
  return {
    benchmarkId: content.benchmark.id,
    benchmarkVersion: content.benchmark.version,
    profileId: profile.profileId,
    title: profile.title,
    rules,
    scores: scoreRules(content.benchmark, rules),
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

interface Judge {
  readonly content: BenchmarkContent
  readonly profile: ResolvedProfile
  readonly plan: CheckPlan
  readonly evaluationOf: (binding: Binding) => Evaluation
  readonly applicability: Applicability
}

function judgeRule(judge: Judge, resolved: ResolvedRule, dropped: Set<string>): RuleResult[] {
  const { rule, severity, role, weight } = resolved
  const result = (
    outcome: RuleOutcome,
    messages: readonly string[] = [],
    decided: readonly DecidedCheck[] = [],
  ): RuleResult => ({
    rule,
    ruleId: rule.id,
    title: renderText(rule.title, judge.profile.values),
    result:
      role === 'unscored' && !['notapplicable', 'notchecked', 'notselected'].includes(outcome)
        ? 'informational'
        : outcome,
    severity,
    role,
    weight,
    messages,
    decided,
  })
  if (!resolved.selected) return [result('notselected')]
  const conflict = conflictOf(judge, resolved, dropped)
  if (conflict !== undefined) {
    dropped.add(rule.id)
    return [result('notselected', [conflict])]
  }
  if (!judge.applicability.appliesTo(resolved)) return [result('notapplicable')]
  if (role === 'unchecked') return [result('notchecked', ['the profile leaves this rule unchecked'])]
  const check = chooseCheck(resolved)
  if (check === undefined) return [result('notchecked', ['the rule has no check'])]
  const each = judgeCheck(judge, check)
  const several = check.kind === 'check' && check.multiCheck ? each : [combine('AND', each)]
  return several.map(({ outcome, messages, decided }) => result(outcome, messages, decided))
}

/** XCCDF 1.2, 6.4.4.2: of `requires` each list needs one that is selected; of `conflicts` none may be. */
function conflictOf(
  { profile }: Judge,
  { rule, groups }: ResolvedRule,
  dropped: ReadonlySet<string>,
): string | undefined {
  const isSelected = (id: string): boolean => profile.selected.has(id) && !dropped.has(id)
  for (const item of [...groups, rule]) {
    for (const list of item.requires)
      if (!list.some(isSelected)) return `it requires ${list.join(' or ')}, which is not selected`
    for (const id of item.conflicts) if (isSelected(id)) return `it conflicts with ${id}, which is selected`
  }
  return undefined
}

interface Judgement {
  readonly outcome: RuleOutcome
  readonly messages: readonly string[]
  readonly decided: readonly DecidedCheck[]
}

function judgeCheck(judge: Judge, check: Check | ComplexCheck): Judgement[] {
  if (check.kind === 'complex-check') {
    const combined = combine(
      check.operator,
      check.children.map((one) => combine('AND', judgeCheck(judge, one))),
    )
    return [check.negate ? { ...combined, outcome: negateOutcome(combined.outcome) } : combined]
  }
  const reference = usableReference(judge.content, check)
  const binding = judge.plan.bindingOf.get(check)
  if (reference === undefined || binding === undefined)
    return [{ outcome: 'notchecked', messages: [whyUnchecked(judge.content, check)], decided: [] }]
  const lost = check.exports.find(({ valueId }) => judge.profile.values[valueId] === undefined)
  if (lost !== undefined) {
    return [
      {
        outcome: 'unknown',
        messages: [`the profile selects a value of ${lost.valueId} that does not exist`],
        decided: [],
      },
    ]
  }
  const evaluation = judge.evaluationOf(binding)
  return reference.definitionIds.map((id) => {
    const definition = evaluation.definition(id)
    const outcome = outcomeOfDefinition(definition.result, definition.class)
    return {
      outcome: check.negate ? negateOutcome(outcome) : outcome,
      messages: [],
      decided: [
        {
          system: check.system,
          href: binding.href,
          negate: check.negate,
          definition,
          evaluation,
          exports: exportsOf(check, judge.profile),
        },
      ],
    }
  })
}

function combine(operator: 'AND' | 'OR', each: readonly Judgement[]): Judgement {
  return {
    outcome: combineOutcomes(
      operator,
      each.map(({ outcome }) => outcome),
    ),
    messages: each.flatMap(({ messages }) => messages),
    decided: each.flatMap(({ decided }) => decided),
  }
}

const otherSystems: Readonly<Record<string, string>> = {
  'http://scap.nist.gov/schema/ocil/2': 'a person has to answer a questionnaire (OCIL)',
  'http://scap.nist.gov/schema/ocil/2.0': 'a person has to answer a questionnaire (OCIL)',
  'http://open-scap.org/page/SCE': 'its check is a script (SCE), and scripts of content are not run',
}

function whyUnchecked({ missing }: BenchmarkContent, { system, contentRefs }: Check): string {
  if (system !== ovalSystem)
    return otherSystems[system] ?? `its check needs ${system === '' ? 'a system that is not named' : system}`
  const [reference] = contentRefs
  if (reference === undefined) return 'its check refers to no definition'
  const { href, name } = reference
  return missing[href] ?? `its check refers to ${name === undefined ? '' : `${name} in `}${href}, which does not exist`
}
