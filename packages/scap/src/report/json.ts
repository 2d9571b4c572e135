import { explainRule } from '../explain/explain-rule.ts'
import type { RuleTrace } from '../explain/trace.ts'
import type { RuleResult } from '../xccdf/evaluate.ts'
import type { RuleOutcome } from '../xccdf/model/benchmark.ts'
import type { Score } from '../xccdf/score.ts'
import { renderText } from '../xccdf/text.ts'
import { countOutcomes } from './counts.ts'
import { scannerOf, selectedRules, type ReportInput } from './input.ts'

/** The result of one scan as JSON. Members are only ever added; `format` counts what is not compatible. */
export interface JsonReport {
  readonly format: 1
  readonly scanner: { readonly name: string; readonly version: string }
  readonly asset: {
    readonly name: string
    readonly os: string
    readonly osVersion: string
    readonly architecture: string
    readonly addresses: readonly string[]
  }
  /** ISO 8601, UTC. */
  readonly startTime: string
  readonly endTime: string
  readonly benchmark: string
  readonly version: string
  readonly contentDigest: string
  /** `null`: the benchmark's own defaults. */
  readonly profile: string | null
  readonly title: string
  readonly counts: Readonly<Partial<Record<RuleOutcome, number>>>
  readonly scores: readonly Score[]
  /** Selected rules in document order. */
  readonly rules: readonly JsonRule[]
}

export interface JsonRule {
  readonly id: string
  readonly title: string
  readonly result: RuleOutcome
  readonly severity: string
  readonly role: string
  readonly weight: number
  /** Why, in one sentence. */
  readonly why: string
  readonly messages: readonly string[]
  readonly description: string
  readonly rationale: string
  readonly fix: string
  readonly identifiers: readonly { readonly system: string; readonly text: string }[]
  readonly references: readonly { readonly href: string; readonly text: string }[]
  readonly definitions: readonly { readonly id: string; readonly result: string }[]
  /** Everything the verdict rests on; left out when the report was asked without. */
  readonly trace?: RuleTrace
}

export function jsonReport(input: ReportInput, options: { readonly withTraces?: boolean } = {}): JsonReport {
  const { result, run, content } = input
  const { target } = run
  const rules = selectedRules(result)
  return {
    format: 1,
    scanner: scannerOf(run),
    asset: {
      name: target.primaryHostName,
      os: target.osName,
      osVersion: target.osVersion,
      architecture: target.architecture,
      addresses: [...new Set(target.interfaces.map(({ ipAddress }) => ipAddress))],
    },
    startTime: run.startTime.toISOString(),
    endTime: run.endTime.toISOString(),
    benchmark: result.benchmarkId,
    version: result.benchmarkVersion,
    contentDigest: content.digest,
    profile: result.profileId ?? null,
    title: result.title,
    counts: countOutcomes(rules),
    scores: result.scores,
    rules: rules.map((rule) => jsonRule(input, rule, options.withTraces ?? true)),
  }
}

function jsonRule({ content, result }: ReportInput, rule: RuleResult, withTrace: boolean): JsonRule {
  const trace = explainRule(content, result, rule)
  return {
    id: rule.ruleId,
    title: rule.title,
    result: rule.result,
    severity: rule.severity,
    role: rule.role,
    weight: rule.weight,
    why: trace.sentence,
    messages: rule.messages,
    description: renderText(rule.rule.description, result.values),
    rationale: renderText(rule.rule.rationale, result.values),
    fix: renderText(rule.rule.fixText, result.values),
    identifiers: rule.rule.idents,
    references: rule.rule.references,
    definitions: rule.decided.map(({ definition }) => ({ id: definition.id, result: definition.result })),
    ...(withTrace ? { trace } : {}),
  }
}
