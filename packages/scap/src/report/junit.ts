import { explainRule } from '../explain/explain-rule.ts'
import { XmlWriter, type XmlSink } from '../xml/write.ts'
import type { RuleResult } from '../xccdf/evaluate.ts'
import { renderText } from '../xccdf/text.ts'
import { selectedRules, type ReportInput } from './input.ts'

/**
 * JUnit XML, as build servers read it: a suite per scan, a case per selected rule. Failed rules are failures, what could
 * not be told is an error, what was not checked or does not apply is skipped.
 */
export function writeJunit(sink: XmlSink, input: ReportInput): void {
  const { result, run } = input
  const rules = selectedRules(result)
  const count = (...outcomes: readonly string[]): number =>
    rules.filter((rule) => outcomes.includes(rule.result)).length
  const seconds = Math.max(0, (run.endTime.getTime() - run.startTime.getTime()) / 1000)
  const totals = {
    tests: rules.length,
    failures: count('fail'),
    errors: count('error', 'unknown'),
    skipped: rules.filter((rule) => isSkipped(rule)).length,
    time: seconds.toFixed(3),
  }
  const name = `${result.benchmarkId} ${result.profileId ?? '(default)'}`
  const xml = new XmlWriter(sink)
  xml.open('testsuites', { name: 'Plumbline', ...totals })
  xml.open('testsuite', {
    name,
    hostname: run.target.primaryHostName,
    // Whole seconds without a zone are what the common schema allows.
    timestamp: run.startTime.toISOString().slice(0, 19),
    ...totals,
  })
  for (const rule of rules) writeCase(xml, input, rule)
  xml.close().close()
  xml.end()
}

const isSkipped = ({ result }: RuleResult): boolean =>
  result === 'notchecked' || result === 'notapplicable' || result === 'informational'

function writeCase(xml: XmlWriter, { content, result }: ReportInput, rule: RuleResult): void {
  const { sentence } = explainRule(content, result, rule)
  xml.open('testcase', { name: rule.title || rule.ruleId, classname: rule.ruleId, time: '0' })
  if (rule.result === 'fail') {
    const fix = renderText(rule.rule.fixText, result.values)
    xml.element('failure', { message: sentence, type: rule.severity }, fix === '' ? sentence : `${sentence}\n\n${fix}`)
  } else if (rule.result === 'error' || rule.result === 'unknown') {
    xml.element('error', { message: sentence, type: rule.result }, sentence)
  } else if (isSkipped(rule)) {
    xml.element('skipped', { message: sentence })
  } else {
    xml.element('system-out', {}, sentence)
  }
  xml.close()
}
