import { renderText, type BenchmarkResult, type RuleOutcome, type RuleResult } from '@plumbline/scap'
import { printable, table } from './output.ts'

/** As oscap: 2 when a selected rule failed or could not be told, else 0. */
export function exitStatusOf({ rules }: BenchmarkResult): 0 | 2 {
  return rules.some(({ result }) => ['error', 'fail', 'unknown'].includes(result)) ? 2 : 0
}

const order: readonly RuleOutcome[] = [
  'fail',
  'error',
  'unknown',
  'pass',
  'fixed',
  'informational',
  'notchecked',
  'notapplicable',
]

export function countOutcomes({ rules }: BenchmarkResult): Partial<Record<RuleOutcome, number>> {
  const counts: Partial<Record<RuleOutcome, number>> = {}
  for (const { result } of rules) if (result !== 'notselected') counts[result] = (counts[result] ?? 0) + 1
  return counts
}

/** The verdict table: every selected rule in document order, the counts, the score. */
export function describeResult(result: BenchmarkResult): string {
  const selected = result.rules.filter((rule) => rule.result !== 'notselected')
  const rows = selected.map((rule) => [rule.result, rule.severity, printable(rule.title)])
  const counts = countOutcomes(result)
  const summary = order
    .flatMap((outcome) => (counts[outcome] === undefined ? [] : `${counts[outcome]} ${outcome}`))
    .join(', ')
  const [score] = result.scores
  return [
    table(['result', 'severity', 'rule'], rows),
    '',
    `${printable(result.title)}: ${summary}${score === undefined ? '' : `; score ${score.score.toFixed(1)} of ${score.maximum}`}`,
  ].join('\n')
}

/** The result as JSON: what a program needs to act on it. */
export function asJson(result: BenchmarkResult): object {
  return {
    benchmark: result.benchmarkId,
    version: result.benchmarkVersion,
    profile: result.profileId ?? null,
    title: result.title,
    counts: countOutcomes(result),
    scores: result.scores,
    rules: result.rules
      .filter(({ result: outcome }) => outcome !== 'notselected')
      .map((rule) => ruleAsJson(rule, result.values)),
  }
}

function ruleAsJson(rule: RuleResult, values: BenchmarkResult['values']): object {
  return {
    id: rule.ruleId,
    title: rule.title,
    result: rule.result,
    severity: rule.severity,
    weight: rule.weight,
    messages: rule.messages,
    description: renderText(rule.rule.description, values),
    rationale: renderText(rule.rule.rationale, values),
    fix: renderText(rule.rule.fixText, values),
    definitions: rule.decided.map(({ definition }) => ({ id: definition.id, result: definition.result })),
  }
}
