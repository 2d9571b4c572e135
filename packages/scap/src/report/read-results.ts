import type { FindFile } from '../bundle/data-stream.ts'
import { assembleContent } from '../bundle/read-content.ts'
import { sourceDocuments, type SourceDocument } from '../bundle/source-document.ts'
import { ContentError } from '../errors.ts'
import { createEvaluation } from '../oval/evaluate/evaluation.ts'
import type { SystemInfo } from '../oval/model/system-characteristics.ts'
import { attribute, child, childrenNamed, childText, deepText, descendants, type XmlElement } from '../xml/element.ts'
import type { BenchmarkContent } from '../xccdf/content.ts'
import { planChecks } from '../xccdf/check-plan.ts'
import type { EvaluatedDocument, RuleResult } from '../xccdf/evaluate.ts'
import { definitionsIn, type JudgedCheck } from '../xccdf/judged-check.ts'
import type { Group, Rule, RuleOutcome } from '../xccdf/model/benchmark.ts'
import { asOneCheck } from '../xccdf/judge-check.ts'
import { combineOutcomes, negateOutcome, outcomeOfDefinition } from '../xccdf/outcomes.ts'
import { asRole, asSeverity, asWeight, isTrue } from '../xccdf/parse/rule.ts'
import { resolveProfile } from '../xccdf/resolve.ts'
import { renderText } from '../xccdf/text.ts'
import type { ReportInput } from './input.ts'
import { lastNamed, readOvalDocument, readOvalDocuments, type OvalDocument } from './oval-documents.ts'

const outcomes: readonly string[] = [
  'error',
  'fail',
  'fixed',
  'informational',
  'notapplicable',
  'notchecked',
  'notselected',
  'pass',
  'unknown',
] satisfies RuleOutcome[]

/**
 * Results that some tool wrote, as what reports are written from: XCCDF results inside their benchmark, or an asset report.
 * Verdicts are those of the document. Where it brings OVAL results with their system characteristics, those are evaluated
 * again, so that each verdict can be explained.
 */
export function readResults(root: XmlElement, name: string, options: ReadResultsOptions = {}): ReportInput {
  const { findFile, resultId, findOvalResults } = options
  const testResult = testResultOf(root, resultId)
  const request = lastNamed(root, 'data-stream-collection') ?? lastNamed(root, 'Benchmark')
  if (request === undefined)
    throw new ContentError('content-missing-component', 'the results do not include their benchmark', root)
  const sources = sourceDocuments(request, findFile)
  const source = sourceOf(testResult, sources)
  const content = assembleContent(request, { name, data: new Uint8Array() }, findFile).benchmarks[
    sources.indexOf(source)
  ]
  if (content === undefined) throw new ContentError('content-missing-component', 'the benchmark is not there', root)
  const documents = readOvalDocuments(root)
  if (findOvalResults !== undefined)
    for (const href of hrefsOf(testResult)) {
      const found = findOvalResults(href)
      const document = found === undefined ? undefined : readOvalDocument(found)
      if (document !== undefined) documents.set(href, document)
    }
  return inputOf(testResult, content, source, documents)
}

export interface ReadResultsOptions {
  /** What the benchmark refers to beside it. */
  readonly findFile?: FindFile
  /** The TestResult that is meant; the most recent one without. */
  readonly resultId?: string
  /** OVAL results that are in a file of their own, by what checks refer to. */
  readonly findOvalResults?: (href: string) => XmlElement | undefined
}

function testResultOf(root: XmlElement, id: string | undefined): XmlElement {
  const all = [...descendants(root)].filter((one) => one.name === 'TestResult')
  const [first] = all
  if (first === undefined) throw new ContentError('content-not-recognised', 'there is no <TestResult>', root)
  if (id !== undefined) {
    const named = all.find((one) => attribute(one, 'id') === id)
    if (named !== undefined) return named
    const known = all.map((one) => attribute(one, 'id') ?? '').join(', ')
    throw new ContentError('content-missing-component', `there is no <TestResult> ${id}; there are ${known}`, root)
  }
  const ended = (one: XmlElement): number => dateOf(attribute(one, 'end-time')).getTime()
  return all.reduce((latest, one) => (ended(one) >= ended(latest) ? one : latest), first)
}

const hrefsOf = (testResult: XmlElement): Set<string> =>
  new Set(
    [...descendants(testResult)]
      .filter(({ name }) => name === 'check-content-ref')
      .map((reference) => (attribute(reference, 'href') ?? '').replace(/^#/, '')),
  )

/** By its component where the results name that, which asset reports do: of one id there may be several. */
function sourceOf(testResult: XmlElement, sources: readonly SourceDocument[]): SourceDocument {
  const named = child(testResult, 'benchmark')
  const [href, id] = ['href', 'id'].map((name) => (named === undefined ? undefined : attribute(named, name)))
  const ofComponent = sources.find((one) => one.href !== undefined && href === one.href)
  if (ofComponent !== undefined) return ofComponent
  const ofId = sources.filter(({ benchmark }) => id === undefined || attribute(benchmark, 'id') === id)
  const [only] = ofId
  if (only === undefined)
    throw new ContentError('content-missing-component', `there is no benchmark ${id ?? ''}`, testResult)
  // One benchmark may be in several streams.
  if (ofId.every(({ benchmark }) => benchmark === only.benchmark)) return only
  const known = ofId.map((one) => one.href?.replace(/^#/, '')).join(', ')
  throw new ContentError(
    'content-ambiguous',
    `the results are of ${id === undefined ? 'a benchmark that they do not name' : `the benchmark "${id}"`}, which could be any of ${known}`,
    testResult,
  )
}

function inputOf(
  testResult: XmlElement,
  content: BenchmarkContent,
  source: SourceDocument,
  documents: ReadonlyMap<string, OvalDocument>,
): ReportInput {
  const profile = child(testResult, 'profile')
  const profileId = profile === undefined ? undefined : attribute(profile, 'idref')
  const known = content.benchmark.profiles.some(({ id }) => id === profileId)
  const resolved = resolveProfile(content.benchmark, known ? profileId : undefined)
  const values = { ...resolved.values, ...valuesOf(testResult) }
  const evaluated: EvaluatedDocument[] = platformDocuments(testResult, content, documents)
  const rules = indexRules(content.benchmark.items)
  return {
    content,
    source,
    result: {
      benchmarkId: content.benchmark.id,
      benchmarkVersion: content.benchmark.version,
      profileId,
      title: known ? resolved.title : childText(testResult, 'title'),
      platforms: childrenNamed(testResult, 'platform').map((one) => attribute(one, 'idref') ?? ''),
      rules: childrenNamed(testResult, 'rule-result').flatMap((element): RuleResult[] => {
        const rule = rules.get(attribute(element, 'idref') ?? '')
        return rule === undefined ? [] : [ruleResultOf(element, rule, values, decide)]
      }),
      scores: childrenNamed(testResult, 'score').map((score) => ({
        system: attribute(score, 'system') ?? '',
        score: Number(score.text),
        maximum: Number(attribute(score, 'maximum') ?? 100),
      })),
      values,
      documents: evaluated,
    },
    run: {
      target: systemOf(testResult, documents),
      startTime: dateOf(attribute(testResult, 'start-time') ?? attribute(testResult, 'end-time')),
      endTime: dateOf(attribute(testResult, 'end-time')),
    },
  }

  function decide(check: XmlElement): JudgedCheck[] {
    if (check.name === 'complex-check') return [decideComplex(check)]
    const reference = child(check, 'check-content-ref')
    const name = reference === undefined ? undefined : attribute(reference, 'name')
    const href = reference === undefined ? '' : (attribute(reference, 'href') ?? '')
    const document = documents.get(href.replace(/^#/, ''))
    if (document === undefined) return []
    // Without a name all of the document count.
    const all = Object.keys(document.content.definitions)
    const definitionIds = name === undefined ? all : all.filter((id) => id === name)
    if (definitionIds.length === 0) return []
    const exports: Record<string, readonly string[]> = {}
    for (const one of childrenNamed(check, 'check-export')) {
      const value = values[attribute(one, 'value-id') ?? '']
      if (value !== undefined) exports[attribute(one, 'export-name') ?? ''] = value
    }
    const evaluation = createEvaluation({
      content: document.content,
      externalVariables: exports,
      source: document.sourceFor(exports),
      now: dateOf(attribute(testResult, 'end-time')),
    })
    evaluated.push({
      href,
      purpose: 'rules',
      content: document.content,
      definitionIds,
      variables: exports,
      evaluation,
    })
    const negate = isTrue(attribute(check, 'negate'), false)
    const system = attribute(check, 'system') ?? ''
    const each = definitionIds.map((id): JudgedCheck => {
      const definition = evaluation.definition(id)
      const outcome = outcomeOfDefinition(definition.result, definition.class)
      return { kind: 'definition', outcome, decided: { system, href, negate: false, definition, evaluation, exports } }
    })
    return [asOneCheck(negate, each)]
  }

  function decideComplex(check: XmlElement): JudgedCheck {
    const operator = attribute(check, 'operator') === 'OR' ? 'OR' : 'AND'
    const negate = isTrue(attribute(check, 'negate'), false)
    const children = check.children
      .filter(({ name }) => name === 'check' || name === 'complex-check')
      .map((one): JudgedCheck => decide(one)[0] ?? { kind: 'unjudged', outcome: 'notchecked', message: '' })
    const outcome = combineOutcomes(
      operator,
      children.map((one) => one.outcome),
    )
    return { kind: 'combined', operator, negate, children, outcome: negate ? negateOutcome(outcome) : outcome }
  }
}

/** What told which platforms the asset is of. Nothing in an asset report says which that is: it is the one that defines them. */
function platformDocuments(
  testResult: XmlElement,
  content: BenchmarkContent,
  documents: ReadonlyMap<string, OvalDocument>,
): EvaluatedDocument[] {
  const profile = resolveProfile(content.benchmark, undefined)
  const rules = profile.rules.map((rule) => ({ ...rule, selected: true }))
  const ofRules = hrefsOf(testResult)
  return [...planChecks(content, { ...profile, rules }).platforms.values()].flatMap(({ href, definitionIds }) => {
    // The document of the rules may define them too, and not have been asked for them.
    const [found] = [...documents]
      .map(([id, document]) => ({
        document,
        isOfRules: ofRules.has(id),
        ids: [...definitionIds].filter((one) => Object.hasOwn(document.content.definitions, one)),
      }))
      .filter(({ ids }) => ids.length > 0)
      .toSorted((one, other) => Number(one.isOfRules) - Number(other.isOfRules) || other.ids.length - one.ids.length)
    if (found === undefined) return []
    const { document, ids } = found
    const evaluation = createEvaluation({
      content: document.content,
      source: document.sourceFor({}),
      now: dateOf(attribute(testResult, 'end-time')),
    })
    return [
      { href, purpose: 'platforms', content: document.content, definitionIds: ids, variables: {}, evaluation } as const,
    ]
  })
}

function ruleResultOf(
  element: XmlElement,
  rule: Rule,
  values: Readonly<Record<string, readonly string[]>>,
  decide: (check: XmlElement) => JudgedCheck[],
): RuleResult {
  const text = childText(element, 'result')
  // The list above is of these very words.
  const result = outcomes.includes(text) ? (text as RuleOutcome) : 'unknown'
  const isJudged = !['notselected', 'notapplicable', 'notchecked'].includes(result)
  const each = element.children.filter(({ name }) => name === 'check' || name === 'complex-check').flatMap(decide)
  const judged = isJudged ? asOne(each) : undefined
  return {
    rule,
    ruleId: rule.id,
    title: renderText(rule.title, values),
    result,
    severity: asSeverity(attribute(element, 'severity')) ?? rule.severity,
    role: asRole(attribute(element, 'role')) ?? rule.role,
    weight: asWeight(attribute(element, 'weight')) ?? rule.weight,
    messages: childrenNamed(element, 'message').map((message) => deepText(message).trim()),
    decided: judged === undefined ? [] : definitionsIn(judged),
    ...(judged === undefined ? {} : { judged }),
  }
}

function asOne(each: readonly JudgedCheck[]): JudgedCheck | undefined {
  const [only, second] = each
  if (only === undefined || second === undefined) return only
  const outcomes = each.map(({ outcome }) => outcome)
  return { kind: 'combined', operator: 'AND', negate: false, children: each, outcome: combineOutcomes('AND', outcomes) }
}

function systemOf(testResult: XmlElement, documents: ReadonlyMap<string, OvalDocument>): SystemInfo {
  const [first] = documents.values()
  if (first !== undefined) return first.systemInfo
  return {
    osName: '',
    osVersion: '',
    architecture: '',
    primaryHostName: childText(testResult, 'target'),
    interfaces: childrenNamed(testResult, 'target-address').map(({ text }) => ({
      interfaceName: '',
      ipAddress: text.trim(),
      macAddress: '',
    })),
  }
}

function valuesOf(testResult: XmlElement): Record<string, readonly string[]> {
  const values: Record<string, readonly string[]> = {}
  for (const one of childrenNamed(testResult, 'set-value')) values[attribute(one, 'idref') ?? ''] = [one.text]
  for (const one of childrenNamed(testResult, 'set-complex-value'))
    values[attribute(one, 'idref') ?? ''] = childrenNamed(one, 'item').map(({ text }) => text)
  return values
}

function indexRules(items: readonly (Group | Rule)[], found: Map<string, Rule> = new Map()): Map<string, Rule> {
  for (const item of items) {
    if (item.kind === 'rule') found.set(item.id, item)
    else indexRules(item.children, found)
  }
  return found
}

const dateOf = (text: string | undefined): Date => {
  const date = new Date(text ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? new Date(0) : date
}
