import { scriptSystem } from '../sce/script.ts'
import { attribute, child, childrenNamed, type XmlElement } from '../xml/element.ts'
import { writeElement } from '../xml/write-element.ts'
import { XmlWriter, type XmlSink } from '../xml/write.ts'
import type { BenchmarkResult, RuleResult } from '../xccdf/evaluate.ts'
import { definitionsIn, type DecidedCheck, type JudgedCheck } from '../xccdf/judged-check.ts'
import type { Check, ComplexCheck } from '../xccdf/model/benchmark.ts'
import type { Score } from '../xccdf/score.ts'
import { resultId, scannerOf, testSystemOf, type ReportInput, type TestRun } from './input.ts'

export const xccdf = 'http://checklists.nist.gov/xccdf/1.2'

const olderXccdf = 'http://checklists.nist.gov/xccdf/1.1'
const defaultModel = 'urn:xccdf:scoring:default'

/** Where the documents that checks refer to are found, when not by the names that the content gives them. */
export interface TestResultPlace {
  readonly namespace?: string
  /** By XCCDF 1.1.4, which has less to say. */
  readonly isOlder?: boolean
  readonly benchmarkHref?: string
  readonly checkHref?: (decided: DecidedCheck) => string
}

/**
 * XCCDF results: the benchmark with its TestResult appended, of the same version, where the source is at hand; a document
 * whose root is the TestResult without (XCCDF 1.2, 6.6.2 allows both).
 */
export function writeXccdfResults(sink: XmlSink, input: ReportInput): void {
  const writer = new XmlWriter(sink)
  if (input.source === undefined) writeTestResultElement(writer, input, { namespace: xccdf })
  else {
    const { benchmark } = input.source
    writeElement(writer, benchmark, {
      append: () => writeTestResultElement(writer, input, { isOlder: benchmark.namespace === olderXccdf }),
    })
  }
  writer.end()
}

/** A document whose root is the TestResult. */
export function writeTestResult(sink: XmlSink, input: Pick<ReportInput, 'result' | 'run' | 'source'>): void {
  const writer = new XmlWriter(sink)
  writeTestResultElement(writer, input, { namespace: xccdf })
  writer.end()
}

/** XCCDF 1.2, 6.6.4, TestResult. */
export function writeTestResultElement(
  xml: XmlWriter,
  { result, run, source }: Pick<ReportInput, 'result' | 'run' | 'source'>,
  place: TestResultPlace = {},
): void {
  const { target } = run
  xml.open('TestResult', {
    xmlns: place.namespace,
    id: resultId(result, 'testresult'),
    'start-time': run.startTime.toISOString(),
    'end-time': run.endTime.toISOString(),
    version: result.benchmarkVersion === '' ? undefined : result.benchmarkVersion,
    'test-system': testSystemOf(run),
  })
  xml.element('benchmark', {
    href: place.benchmarkHref ?? run.benchmarkHref ?? result.benchmarkId,
    id: place.isOlder === true ? undefined : result.benchmarkId,
  })
  if (result.tailoring !== undefined && place.isOlder !== true) {
    const { href, id, version, time } = result.tailoring
    // The schema wants a time, which a tailoring need not have.
    const made = time === '' ? run.startTime.toISOString() : time
    xml.element('tailoring-file', { href, id, version, time: made })
  }
  xml.element('title', {}, result.title)
  if (run.identity !== undefined) {
    xml.element('identity', { authenticated: false, privileged: run.identity.privileged }, run.identity.name)
  }
  // All rules are selected by a name that is no xsd:NCName: "(all)".
  if (result.profileId !== undefined && !result.profileId.startsWith('('))
    xml.element('profile', { idref: result.profileId })
  xml.element('target', {}, target.primaryHostName === '' ? 'unknown' : target.primaryHostName)
  for (const address of addressesOf(run)) xml.element('target-address', {}, address)
  writeFacts(xml, run)
  for (const idref of result.platforms) xml.element('platform', { idref })
  for (const [id, values] of Object.entries(result.values)) {
    if (values.length === 1) xml.element('set-value', { idref: id }, values[0])
    else if (place.isOlder !== true) {
      xml.open('set-complex-value', { idref: id })
      for (const value of values) xml.element('item', {}, value)
      xml.close()
    }
  }
  const versions = versionsOf(source?.benchmark)
  for (const rule of result.rules) writeRuleResult(xml, rule, run.endTime, versions.get(rule.rule.id), place)
  for (const { system, score, maximum } of scoresAskedFor(result, source?.benchmark))
    xml.element('score', { system, maximum: maximum.toFixed(6) }, score.toFixed(6))
  xml.close()
}

export const addressesOf = ({ target }: TestRun): string[] => [
  ...new Set(target.interfaces.map(({ ipAddress }) => ipAddress).filter((address) => address !== '')),
]

/** XCCDF 1.2, 6.6.5: names of facts that NIST defines. */
function writeFacts(xml: XmlWriter, run: TestRun): void {
  const { name, version } = scannerOf(run)
  const { target } = run
  const macs = [...new Set(target.interfaces.map(({ macAddress }) => macAddress).filter((mac) => mac !== ''))]
  const addresses = addressesOf(run)
  const facts: readonly (readonly [string, string])[] = [
    ['urn:xccdf:fact:scanner:name', name],
    ['urn:xccdf:fact:scanner:version', version],
    ['urn:xccdf:fact:asset:identifier:host_name', target.primaryHostName],
    ...macs.map((mac) => ['urn:xccdf:fact:asset:identifier:mac', mac] as const),
    ...addresses.map(
      (address) => [`urn:xccdf:fact:asset:identifier:${address.includes(':') ? 'ipv6' : 'ipv4'}`, address] as const,
    ),
  ]
  xml.open('target-facts')
  for (const [fact, value] of facts) if (value !== '') xml.element('fact', { name: fact, type: 'string' }, value)
  xml.close()
}

/** Those of the models that the benchmark names; of the default one where it names none. */
function scoresAskedFor({ scores }: BenchmarkResult, benchmark: XmlElement | undefined): readonly Score[] {
  if (benchmark === undefined) return scores
  const named = childrenNamed(benchmark, 'model').map((model) => attribute(model, 'system') ?? '')
  const wanted = named.length === 0 ? [defaultModel] : named
  return scores.filter(({ system }) => wanted.includes(system))
}

/** Rules bear versions that the model does not keep, for only results repeat them. */
function versionsOf(benchmark: XmlElement | undefined): Map<string, string> {
  const versions = new Map<string, string>()
  const visit = (element: XmlElement): void => {
    if (element.name === 'Rule') {
      const version = child(element, 'version')?.text.trim() ?? ''
      if (version !== '') versions.set(attribute(element, 'id') ?? '', version)
    } else for (const inner of element.children) if (inner.name === 'Group' || inner.name === 'Rule') visit(inner)
  }
  if (benchmark !== undefined) visit(benchmark)
  return versions
}

function writeRuleResult(
  xml: XmlWriter,
  rule: RuleResult,
  time: Date,
  version: string | undefined,
  place: TestResultPlace,
): void {
  xml.open('rule-result', {
    idref: rule.ruleId,
    role: rule.role,
    time: time.toISOString(),
    severity: rule.severity,
    version,
    weight: rule.weight,
  })
  xml.element('result', {}, rule.result)
  for (const { system, text } of rule.rule.idents) xml.element('ident', { system }, text)
  for (const message of rule.messages) xml.element('message', { severity: 'info' }, message)
  const { check, judged } = rule
  if (check?.kind === 'complex-check') {
    if (place.isOlder === true) writeChecksOf(xml, check, judged, place)
    else writeComplexCheck(xml, check, judged, place)
  } else if (judged?.kind === 'script') writeScript(xml, judged)
  else if (check !== undefined && judged !== undefined) writeSimpleCheck(xml, check, judged, place)
  xml.close()
}

/** XCCDF 1.1.4 has no complex checks in results. */
function writeChecksOf(
  xml: XmlWriter,
  { children }: ComplexCheck,
  judged: JudgedCheck | undefined,
  place: TestResultPlace,
): void {
  const parts = judged?.kind === 'combined' ? judged.children : []
  for (const [at, one] of children.entries()) {
    if (one.kind === 'complex-check') writeChecksOf(xml, one, parts[at], place)
    else writePart(xml, one, parts[at], place)
  }
}

/** With what the check wants quoted of what the script printed. */
function writeScript(xml: XmlWriter, { negate, run, imports, exports }: JudgedCheck & { kind: 'script' }): void {
  xml.open('check', { system: scriptSystem, negate: negate ? true : undefined })
  for (const name of imports) {
    const text = name === 'stdout' ? run.stdout : name === 'stderr' ? run.stderr : ''
    xml.element('check-import', { 'import-name': name }, text)
  }
  for (const { valueId, name } of exports) xml.element('check-export', { 'value-id': valueId, 'export-name': name })
  xml.element('check-content-ref', { href: run.href })
  xml.close()
}

/** As in the rule, with the reference that was used; with `multi-check` it names the definition of this result. */
function writeSimpleCheck(xml: XmlWriter, check: Check, judged: JudgedCheck, place: TestResultPlace): void {
  const definitions = definitionsIn(judged)
  const [decided] = definitions
  if (decided === undefined) {
    // Where nothing was asked, no check came to the result.
    if (judged.outcome === 'notchecked') return
    const used = judged.kind === 'unjudged' && judged.href !== undefined ? [{ href: judged.href }] : check.contentRefs
    writeCheckOf(xml, { ...check, contentRefs: used }, [], place)
    return
  }
  const named = check.contentRefs.some(({ href, name }) => href === decided.href && name === decided.definition.id)
  const name = named || check.multiCheck ? decided.definition.id : undefined
  openCheck(xml, check)
  xml.element('check-content-ref', { href: place.checkHref?.(decided) ?? decided.href, name })
  xml.close()
}

function openCheck(xml: XmlWriter, { system, negate, multiCheck, exports }: Check): void {
  xml.open('check', { system, negate: negate ? true : undefined, 'multi-check': multiCheck ? true : undefined })
  for (const { valueId, name } of exports) xml.element('check-export', { 'value-id': valueId, 'export-name': name })
}

function writeComplexCheck(
  xml: XmlWriter,
  complex: ComplexCheck,
  judged: JudgedCheck | undefined,
  place: TestResultPlace,
): void {
  xml.open('complex-check', { operator: complex.operator, negate: complex.negate ? true : undefined })
  const parts = judged?.kind === 'combined' ? judged.children : []
  for (const [at, one] of complex.children.entries()) {
    const part = parts[at]
    if (one.kind === 'complex-check') writeComplexCheck(xml, one, part, place)
    else writePart(xml, one, part, place)
  }
  xml.close()
}

function writePart(xml: XmlWriter, check: Check, part: JudgedCheck | undefined, place: TestResultPlace): void {
  if (part?.kind === 'script') writeScript(xml, part)
  else writeCheckOf(xml, check, part === undefined ? [] : definitionsIn(part), place)
}

/** A check of a complex one, with the reference that was used. */
function writeCheckOf(
  xml: XmlWriter,
  check: Check,
  definitions: readonly DecidedCheck[],
  place: TestResultPlace,
): void {
  openCheck(xml, check)
  for (const { href, name } of check.contentRefs) {
    const decided = definitions.find((one) => one.href === href && (name === undefined || one.definition.id === name))
    xml.element('check-content-ref', {
      href: decided === undefined ? href : (place.checkHref?.(decided) ?? href),
      name,
    })
  }
  xml.close()
}
