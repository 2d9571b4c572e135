import { explainRule } from '../explain/explain-rule.ts'
import type { RuleResult } from '../xccdf/evaluate.ts'
import type { RuleOutcome, Severity } from '../xccdf/model/benchmark.ts'
import { renderText } from '../xccdf/text.ts'
import { scannerOf, selectedRules, type ReportInput } from './input.ts'

/** OHDF: impact 0 means "does not apply"; the rest are the middles of the ranges that readers know. */
const impacts: Readonly<Record<Severity, number>> = { high: 0.7, medium: 0.5, low: 0.3, info: 0.1, unknown: 0.5 }

/** In OHDF what is skipped counts as not reviewed, and with impact 0 as not applicable. */
const statuses: Readonly<Record<RuleOutcome, 'error' | 'failed' | 'passed' | 'skipped'>> = {
  error: 'error',
  fail: 'failed',
  fixed: 'passed',
  informational: 'skipped',
  notapplicable: 'skipped',
  notchecked: 'skipped',
  notselected: 'skipped',
  pass: 'passed',
  unknown: 'error',
}

/** OASIS Heimdall Data Format (InSpec's exec-json), as the tools of that family read it. */
export function ohdfReport(input: ReportInput): object {
  const { content, result, run } = input
  const { name, version } = scannerOf(run)
  const rules = selectedRules(result)
  const statusOf = (rule: RuleResult) => statuses[rule.result]
  const total = (status: string) => ({ total: rules.filter((rule) => statusOf(rule) === status).length })
  const duration = (run.endTime.getTime() - run.startTime.getTime()) / 1000
  return {
    platform: {
      name: run.target.osName,
      release: run.target.osVersion,
      target_id: run.target.primaryHostName,
    },
    version,
    statistics: {
      duration,
      controls: { passed: total('passed'), failed: total('failed'), skipped: total('skipped') },
    },
    profiles: [
      {
        name: result.profileId ?? result.benchmarkId,
        title: result.title,
        version: result.benchmarkVersion,
        summary: renderText(content.benchmark.description, result.values),
        maintainer: content.benchmark.publisher,
        sha256: content.digest,
        supports: [],
        groups: [],
        status: 'loaded',
        attributes: Object.entries(result.values).map(([id, values]) => ({
          name: id,
          options: { value: values.length === 1 ? values[0] : values },
        })),
        controls: mergeByRule(rules).map((each) => control(input, each)),
      },
    ],
    passthrough: { auxiliary_data: [{ name, data: { benchmark: result.benchmarkId, scores: result.scores } }] },
  }
}

/** A rule with several results (`multi-check`) is one control. */
const mergeByRule = (rules: readonly RuleResult[]): readonly (readonly RuleResult[])[] => [
  ...Map.groupBy(rules, ({ ruleId }) => ruleId).values(),
]

function control({ content, result, run }: ReportInput, each: readonly RuleResult[]): object {
  const [first] = each
  if (first === undefined) return {}
  const { rule, ruleId, severity, title } = first
  const text = (part: typeof rule.description): string => renderText(part, result.values)
  const nist = [...rule.references, ...rule.idents.map(({ system, text: id }) => ({ href: system, text: id }))]
    .filter(({ href, text: id }) => /800-53|nist/i.test(href) && /^[A-Z]{2}-\d/.test(id))
    .flatMap(({ text: id }) => id.split(/\s*,\s*/))
  const cci = [...rule.references, ...rule.idents].map((one) => one.text).filter((id) => /^CCI-\d{6}$/.test(id))
  return {
    id: ruleId,
    title,
    desc: text(rule.description),
    descriptions: [
      { label: 'rationale', data: text(rule.rationale) },
      { label: 'fix', data: text(rule.fixText) },
    ].filter(({ data }) => data !== ''),
    impact: each.every((one) => one.result === 'notapplicable') ? 0 : impacts[severity],
    refs: rule.references.map(({ href, text: ref }) => ({ ref, url: href })),
    tags: {
      severity,
      weight: first.weight,
      ...(nist.length > 0 ? { nist } : {}),
      ...(cci.length > 0 ? { cci } : {}),
      identifiers: rule.idents.map((one) => one.text),
    },
    code: '',
    source_location: { ref: content.fileName, line: 1 },
    results: each.map((one) => {
      const { sentence } = explainRule(content, result, one)
      const status = statuses[one.result]
      return {
        status,
        code_desc: one.decided.map(({ definition }) => definition.title || definition.id).join('; ') || title,
        start_time: run.startTime.toISOString(),
        run_time: 0,
        ...(status === 'skipped' ? { skip_message: sentence } : { message: sentence }),
      }
    }),
  }
}
