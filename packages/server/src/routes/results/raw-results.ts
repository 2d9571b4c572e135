import type { RawCheck, RawEvaluationResult } from '../../api/results.ts'
import { scoreWith } from '../../store/exemptions.ts'
import type { WaiverByRule } from '../../store/exemptions.ts'
import { failedRisks, meanRisk } from '../../store/risk-scores.ts'
import { verdictOf } from '../../store/outcomes.ts'
import type { Outcome, Verdict } from '../../store/outcomes.ts'
import type { RuleDetail, StoredResult } from '../../store/results.ts'

/**
 * The wire describes a check by CVSS version 2 base metrics; SCAP content gives a severity. Each severity stands for the
 * metrics of a typical finding of that weight, whose base score lies in the severity's band (docs/runs.md).
 */
const metricsOf: Readonly<Record<string, Metrics>> = {
  high: metrics('High', 'Complete', 'Network', 'Low'),
  medium: metrics('Medium', 'Partial', 'Network', 'Medium'),
  low: {
    Risk: 'Low',
    Confidentiality: 'Partial',
    Integrity: 'None',
    Availability: 'None',
    AccessVector: 'Local',
    AccessComplexity: 'Medium',
    Authentication: 'None',
  },
  info: metrics('Information', 'None', 'Local', 'High'),
}

const unknownMetrics = metrics('Unknown', 'Not defined', 'Not defined', 'Not defined')

type Metrics = Pick<
  RawCheck,
  'AccessComplexity' | 'AccessVector' | 'Authentication' | 'Availability' | 'Confidentiality' | 'Integrity' | 'Risk'
>

function metrics(risk: string, impact: string, vector: string, complexity: string): Metrics {
  return {
    Risk: risk,
    Confidentiality: impact,
    Integrity: impact,
    Availability: impact,
    AccessVector: vector,
    AccessComplexity: complexity,
    Authentication: vector === 'Not defined' ? vector : 'None',
  }
}

type Bucket = Verdict | 'exempted'

/** The status as the product's reports word it. */
const statusOf: Readonly<Record<Bucket, string>> = {
  passed: 'Passed',
  failed: 'Failed',
  unknown: 'Unknown',
  'not applicable': 'Not Applicable',
  manual: 'Manual Review',
  exempted: 'Exempted',
}

const noChecks = { passed: 0, failed: 0, unknown: 0, 'not applicable': 0, manual: 0, exempted: 0 }

/** Get Raw Results' answer, of these checks only when `checkIds` (lower case) is given. */
export function rawResults(
  result: StoredResult,
  exempted: WaiverByRule,
  checkIds?: ReadonlySet<string>,
): RawEvaluationResult {
  const checks: Record<Bucket, RawCheck[]> = {
    passed: [],
    failed: [],
    unknown: [],
    'not applicable': [],
    manual: [],
    exempted: [],
  }
  const counts: Record<Bucket, number> = { ...noChecks }
  for (const [index, rule] of result.detail.rules.entries()) {
    const outcome = result.outcomes[index]
    const verdict = outcome === undefined ? undefined : verdictOf[outcome]
    if (outcome === undefined || verdict === undefined) continue
    const bucket = exempted.has(rule.id) ? 'exempted' : verdict
    counts[bucket] += 1
    if (checkIds === undefined || checkIds.has(rule.checkId)) checks[bucket].push(rawCheck(rule, outcome, bucket))
  }
  return {
    'Standard Name': result.detail.standardTitle,
    'Standard ID': result.standardId,
    'Standard Version': result.standardVersion,
    'Asset ID': result.assetId,
    'Job Run ID': result.runId,
    'Compliance Statistics': {
      'Data collected on date': result.collectedFrom,
      'Evaluated on date': result.evaluatedAt,
      'Compliance score': scoreWith(result, exempted),
      'Compliance score without exemptions': result.score,
      'Risk score': meanRisk(failedRisks(result.detail.rules, result.outcomes, exempted)),
      'Passed Checks': counts.passed,
      'Failed Checks': counts.failed,
      'Unknown Checks': counts.unknown,
      'NotApplicable Checks': counts['not applicable'],
      'Exempted Checks': counts.exempted,
      'Checks to be manually reviewed': counts.manual,
    },
    'Passed Checks': checks.passed,
    'Failed Checks': checks.failed,
    'Unknown Checks': checks.unknown,
    'NotApplicable Checks': checks['not applicable'],
    'Exempted Checks': checks.exempted,
    'Checks to be manually reviewed': checks.manual,
  }
}

function rawCheck(rule: RuleDetail, outcome: Outcome, bucket: Bucket): RawCheck {
  return {
    'Check name': rule.title,
    'Check status': statusOf[bucket],
    CheckID: rule.checkId,
    ...(metricsOf[rule.severity] ?? unknownMetrics),
    'Rule ID': rule.id,
    'Rule result': outcome,
    Message: rule.messages.join('\n'),
  }
}
