import type { RawCheck, RawEvaluationResult } from '../../api/results.ts'
import { countVerdicts, verdictOf } from '../../store/outcomes.ts'
import type { Outcome, Verdict } from '../../store/outcomes.ts'
import type { RuleDetail, StoredResult } from '../../store/results.ts'

/**
 * The wire describes a check by CVSS version 2 base metrics; SCAP content gives a severity. Each severity stands for the
 * metrics of a typical finding of that weight, whose base score lies in the severity's band (docs/runs.md).
 */
const metricsOf: Readonly<Record<string, Metrics>> = {
  high: metrics('High', 'Complete', 'Network', 'Low', 10),
  medium: metrics('Medium', 'Partial', 'Network', 'Medium', 6.8),
  low: {
    Risk: 'Low',
    Confidentiality: 'Partial',
    Integrity: 'None',
    Availability: 'None',
    AccessVector: 'Local',
    AccessComplexity: 'Medium',
    Authentication: 'None',
    baseScore: 1.9,
  },
  info: metrics('Information', 'None', 'Local', 'High', 0),
}

const unknownMetrics = metrics('Unknown', 'Not defined', 'Not defined', 'Not defined', 0)

interface Metrics extends Pick<
  RawCheck,
  'AccessComplexity' | 'AccessVector' | 'Authentication' | 'Availability' | 'Confidentiality' | 'Integrity' | 'Risk'
> {
  readonly baseScore: number
}

function metrics(risk: string, impact: string, vector: string, complexity: string, baseScore: number): Metrics {
  return {
    Risk: risk,
    Confidentiality: impact,
    Integrity: impact,
    Availability: impact,
    AccessVector: vector,
    AccessComplexity: complexity,
    Authentication: vector === 'Not defined' ? vector : 'None',
    baseScore,
  }
}

/** The status as the product's reports word it. */
const statusOf: Readonly<Record<Verdict, string>> = {
  passed: 'Passed',
  failed: 'Failed',
  unknown: 'Unknown',
  'not applicable': 'Not Applicable',
  manual: 'Manual Review',
}

/** Get Raw Results' answer, of these checks only when `checkIds` (lower case) is given. */
export function rawResults(result: StoredResult, checkIds?: ReadonlySet<string>): RawEvaluationResult {
  const checks: Record<Verdict, RawCheck[]> = { passed: [], failed: [], unknown: [], 'not applicable': [], manual: [] }
  const risks: number[] = []
  for (const [index, rule] of result.detail.rules.entries()) {
    const outcome = result.outcomes[index]
    const verdict = outcome === undefined ? undefined : verdictOf[outcome]
    if (outcome === undefined || verdict === undefined) continue
    if (verdict === 'failed') risks.push((metricsOf[rule.severity] ?? unknownMetrics).baseScore)
    if (checkIds === undefined || checkIds.has(rule.checkId)) checks[verdict].push(rawCheck(rule, outcome, verdict))
  }
  const counts = countVerdicts(result.counts)
  return {
    'Standard Name': result.detail.standardTitle,
    'Standard ID': result.standardId,
    'Standard Version': result.standardVersion,
    'Asset ID': result.assetId,
    'Job Run ID': result.runId,
    'Compliance Statistics': {
      'Data collected on date': result.collectedFrom,
      'Evaluated on date': result.evaluatedAt,
      'Compliance score': result.score,
      'Risk score': mean(risks),
      'Passed Checks': counts.passed,
      'Failed Checks': counts.failed,
      'Unknown Checks': counts.unknown,
      'NotApplicable Checks': counts['not applicable'],
      'Exempted Checks': 0,
      'Checks to be manually reviewed': counts.manual,
    },
    'Passed Checks': checks.passed,
    'Failed Checks': checks.failed,
    'Unknown Checks': checks.unknown,
    'NotApplicable Checks': checks['not applicable'],
    'Exempted Checks': [],
    'Checks to be manually reviewed': checks.manual,
  }
}

/** To one digit, as base scores are. */
function mean(scores: readonly number[]): number {
  if (scores.length === 0) return 0
  return Math.round((scores.reduce((sum, score) => sum + score, 0) / scores.length) * 10) / 10
}

function rawCheck(rule: RuleDetail, outcome: Outcome, verdict: Verdict): RawCheck {
  const { baseScore: _, ...metricsOnWire } = metricsOf[rule.severity] ?? unknownMetrics
  return {
    'Check name': rule.title,
    'Check status': statusOf[verdict],
    CheckID: rule.checkId,
    ...metricsOnWire,
    'Rule ID': rule.id,
    'Rule result': outcome,
    Message: rule.messages.join('\n'),
  }
}
