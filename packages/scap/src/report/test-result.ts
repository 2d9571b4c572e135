import type { SystemInfo } from '../oval/model/system-characteristics.ts'
import type { BenchmarkResult, RuleResult } from '../xccdf/evaluate.ts'
import { XmlWriter, type XmlSink } from '../xml/write.ts'

export interface TestRun {
  readonly target: SystemInfo
  readonly startTime: Date
  readonly endTime: Date
}

const xccdf = 'http://checklists.nist.gov/xccdf/1.2'

/** XCCDF 1.2, 6.6.2: a document whose root is the TestResult. */
export function writeTestResult(sink: XmlSink, result: BenchmarkResult, { target, startTime, endTime }: TestRun): void {
  const xml = new XmlWriter(sink)
  const [, vendor = 'plumbline'] = /^xccdf_(.+?)_/.exec(result.benchmarkId) ?? []
  const name = result.profileId?.replace(/^xccdf_.+?_profile_/, '') ?? 'default'
  xml.open('TestResult', {
    xmlns: xccdf,
    id: `xccdf_${vendor}_testresult_${name}`,
    'start-time': startTime.toISOString(),
    'end-time': endTime.toISOString(),
    version: result.benchmarkVersion === '' ? undefined : result.benchmarkVersion,
    'test-system': 'cpe:/a:plumbline:plumbline',
  })
  xml.element('benchmark', { href: result.benchmarkId, id: result.benchmarkId })
  xml.element('title', {}, result.title)
  if (result.profileId !== undefined) xml.element('profile', { idref: result.profileId })
  xml.element('target', {}, target.primaryHostName)
  for (const { ipAddress } of target.interfaces) xml.element('target-address', {}, ipAddress)
  for (const [id, values] of Object.entries(result.values)) {
    for (const value of values.length === 1 ? values : []) xml.element('set-value', { idref: id }, value)
  }
  for (const rule of result.rules) writeRuleResult(xml, rule, endTime)
  for (const { system, score, maximum } of result.scores) xml.element('score', { system, maximum }, String(score))
  xml.close()
  xml.end()
}

function writeRuleResult(xml: XmlWriter, rule: RuleResult, time: Date): void {
  xml.open('rule-result', {
    idref: rule.ruleId,
    role: rule.role,
    time: time.toISOString(),
    severity: rule.severity,
    weight: rule.weight,
  })
  xml.element('result', {}, rule.result)
  for (const { system, text } of rule.rule.idents) xml.element('ident', { system }, text)
  for (const message of rule.messages) xml.element('message', { severity: 'info' }, message)
  for (const { system, href, definition, exports } of rule.decided) {
    xml.open('check', { system })
    for (const name of Object.keys(exports)) {
      const valueId = exportedValue(rule, name)
      if (valueId !== undefined) xml.element('check-export', { 'value-id': valueId, 'export-name': name })
    }
    xml.element('check-content-ref', { href, name: definition.id })
    xml.close()
  }
  xml.close()
}

const exportedValue = ({ rule }: RuleResult, name: string): string | undefined =>
  rule.checks.flatMap((check) => check.exports).find((one) => one.name === name)?.valueId
