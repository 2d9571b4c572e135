import { verdictOf } from './outcomes.ts'
import type { Outcome } from './outcomes.ts'
import type { WaiverByRule } from './exemptions.ts'

/** CVSS version 2 base scores of a typical finding of each severity (docs/runs.md); other severities weigh nothing. */
const baseScores: Readonly<Record<string, number>> = { high: 10, medium: 6.8, low: 1.9, info: 0 }

/** The base score of each failed check that nobody exempted; rules and outcomes in one order. */
export function failedRisks(
  rules: readonly { readonly id: string; readonly severity: string }[],
  outcomes: readonly Outcome[],
  exempted: WaiverByRule,
): number[] {
  return rules.flatMap(({ id, severity }, index) => {
    const outcome = outcomes[index]
    const hasFailed = outcome !== undefined && verdictOf[outcome] === 'failed' && !exempted.has(id)
    return hasFailed ? [baseScores[severity] ?? 0] : []
  })
}

/** To one digit, as base scores are. */
export function meanRisk(scores: readonly number[]): number {
  if (scores.length === 0) return 0
  return Math.round((scores.reduce((sum, score) => sum + score, 0) / scores.length) * 10) / 10
}
