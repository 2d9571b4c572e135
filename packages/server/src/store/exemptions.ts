import { complianceScore, countOutcomes, verdictOf } from './outcomes.ts'
import type { Outcome, Verdict } from './outcomes.ts'

/** Of one asset and standard: the waiver on each rule, by the rule's id. */
export type WaiverByRule = ReadonlyMap<string, string>

/** What a waiver exempts is what is not as wanted: a rule that passes, or does not apply, needs none. */
const exemptible: ReadonlySet<Verdict | undefined> = new Set<Verdict>(['failed', 'unknown', 'manual'])

export function isExemptible(outcome: Outcome): boolean {
  return exemptible.has(verdictOf[outcome])
}

/** Those of the waivers that exempt something; rules and outcomes in one order. */
export function exempt(ruleIds: readonly string[], outcomes: readonly Outcome[], waivers: WaiverByRule): WaiverByRule {
  if (waivers.size === 0) return waivers
  const exempted = new Map<string, string>()
  for (const [at, id] of ruleIds.entries()) {
    const outcome = outcomes[at]
    const waiver = waivers.get(id)
    if (waiver !== undefined && outcome !== undefined && isExemptible(outcome)) exempted.set(id, waiver)
  }
  return exempted
}

/** A result of one asset and standard, as far as its score goes. */
interface Scored {
  readonly score: number | null
  readonly outcomes: readonly Outcome[]
  /** In the order of the outcomes. */
  readonly detail: { readonly rules: readonly { readonly id: string }[] }
}

/** The score with exempted rules counted as passed, whatever they came to; where there is no score it makes none. */
export function scoreWith({ score, outcomes, detail }: Scored, exempted: WaiverByRule): number | null {
  if (exempted.size === 0 || isUncollected(detail)) return score
  const adjusted = outcomes.map((outcome, at) => (exempted.has(detail.rules[at]?.id ?? '') ? 'pass' : outcome))
  return complianceScore(countOutcomes(adjusted))
}

const isUncollected = (detail: object): boolean => 'reason' in detail && detail.reason !== undefined
