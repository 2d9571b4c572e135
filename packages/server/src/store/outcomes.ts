/** XCCDF 1.2, ResultEnumType: what a rule came to on an asset. */
export type Outcome =
  | 'pass'
  | 'fail'
  | 'error'
  | 'unknown'
  | 'notapplicable'
  | 'notchecked'
  | 'notselected'
  | 'informational'
  | 'fixed'

/** The byte of an outcome is its place here; places are stored, so only ever append. */
export const outcomeNames: readonly Outcome[] = [
  'pass',
  'fail',
  'error',
  'unknown',
  'notapplicable',
  'notchecked',
  'notselected',
  'informational',
  'fixed',
]

export type OutcomeCounts = Readonly<Partial<Record<Outcome, number>>>

export function packOutcomes(outcomes: readonly Outcome[]): Uint8Array {
  return Uint8Array.from(outcomes, (outcome) => outcomeNames.indexOf(outcome))
}

export function unpackOutcomes(packed: Uint8Array): Outcome[] {
  return Array.from(packed, (byte) => {
    const outcome = outcomeNames[byte]
    if (outcome === undefined) throw new Error(`stored outcome ${byte} is not one this version knows`)
    return outcome
  })
}

export function countOutcomes(outcomes: readonly Outcome[]): OutcomeCounts {
  const counts: Partial<Record<Outcome, number>> = {}
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

/** The buckets of the wire; a rule that is not selected is in none. */
export type Verdict = 'passed' | 'failed' | 'unknown' | 'not applicable' | 'manual'

export const verdictOf: Readonly<Record<Outcome, Verdict | undefined>> = {
  pass: 'passed',
  fixed: 'passed',
  fail: 'failed',
  unknown: 'unknown',
  error: 'unknown',
  notapplicable: 'not applicable',
  notchecked: 'manual',
  informational: 'manual',
  notselected: undefined,
}

export function countVerdicts(counts: OutcomeCounts): Record<Verdict, number> {
  const verdicts = { passed: 0, failed: 0, unknown: 0, 'not applicable': 0, manual: 0 }
  for (const outcome of outcomeNames) {
    const verdict = verdictOf[outcome]
    if (verdict !== undefined) verdicts[verdict] += counts[outcome] ?? 0
  }
  return verdicts
}

/** 100 × passed / (passed + failed + unknown); no countable rule, no score. */
export function complianceScore(counts: OutcomeCounts): number | null {
  const { passed, failed, unknown } = countVerdicts(counts)
  const countable = passed + failed + unknown
  return countable === 0 ? null : (100 * passed) / countable
}
