import { countOutcomes, defaultScore, type BenchmarkResult } from '@plumbline/scap'
import { printable, table } from './output.ts'

/** As oscap: 2 when a selected rule failed or could not be told, else 0. */
export function exitStatusOf({ rules }: BenchmarkResult): 0 | 2 {
  return rules.some(({ result }) => ['error', 'fail', 'unknown'].includes(result)) ? 2 : 0
}

/** The verdict table: every selected rule in document order, the counts, the score. */
export function describeResult(result: BenchmarkResult): string {
  const selected = result.rules.filter((rule) => rule.result !== 'notselected')
  const rows = selected.map((rule) => [rule.result, rule.severity, printable(rule.title)])
  const counts = countOutcomes(selected)
  const summary = Object.entries(counts)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ')
  const score = defaultScore(result.scores)
  return [
    table(['result', 'severity', 'rule'], rows),
    '',
    `${printable(result.title)}: ${summary}; ${score === undefined ? 'no score, for no rule counts' : `score ${score.toFixed(1)} of 100`}`,
  ].join('\n')
}
