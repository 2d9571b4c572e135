import { explainRule } from '../explain/explain-rule.ts'
import { selectedRules, type ReportInput } from './input.ts'

const headings = [
  'asset',
  'benchmark',
  'version',
  'profile',
  'rule',
  'title',
  'result',
  'severity',
  'why',
  'identifiers',
  'end_time',
]

/** One line per selected rule, RFC 4180: a heading line, CRLF, quotes where they are needed. */
export function csvReport({ content, result, run }: ReportInput): string {
  const rows = selectedRules(result).map((rule) => [
    run.target.primaryHostName,
    result.benchmarkId,
    result.benchmarkVersion,
    result.profileId ?? '',
    rule.ruleId,
    rule.title,
    rule.result,
    rule.severity,
    explainRule(content, result, rule).sentence,
    rule.rule.idents.map(({ text }) => text).join(' '),
    run.endTime.toISOString(),
  ])
  return [headings, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')
}

/**
 * A cell that a spreadsheet takes for text: what begins like a formula (`=`, `+`, `-`, `@`, a tab or a carriage return,
 * also after a line break inside the cell) gets an apostrophe in front (OWASP, CSV injection).
 */
export function csvCell(text: string): string {
  const harmless = text.replace(/^(?=\s*[=+\-@＝＋－＠\t\r])/, "'")
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
