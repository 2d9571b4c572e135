import { setImmediate } from 'node:timers/promises'
import { evaluateInSteps, renderText, engineVersion } from '@plumbline/scap'
import type { BenchmarkResult, CollectedObject, RuleResult } from '@plumbline/scap'
import type { Outcome } from '../store/outcomes.ts'
import type { NewResult, NothingJudged, RuleDetail } from '../store/results.ts'
import { traceOf } from './rule-trace.ts'
import type { PreparedStandard } from './standards.ts'

/** What an evaluation may use of an asset's evidence. */
export interface UsableEvidence {
  readonly id: string
  readonly objects: Readonly<Record<string, CollectedObject>>
  /** Objects that were collected before (milliseconds of the epoch) are as if they had not been. */
  readonly notBefore: number
  /** The moment against which the evidence was collected. */
  readonly now: Date
}

/** The part of a result that the evaluation gives. */
export type Judgement = Pick<
  NewResult,
  'collectedFrom' | 'collectedTo' | 'detail' | 'engine' | 'evidenceId' | 'outcomes'
>

/** Evaluates a standard from evidence alone, and notes how old what it used was. Pure but for reading its input. */
export async function judge(
  standard: PreparedStandard,
  evidence: UsableEvidence,
  signal?: AbortSignal,
): Promise<Judgement> {
  let collectedFrom: string | null = null
  let collectedTo: string | null = null
  const find = (digest: string): CollectedObject | undefined => {
    const object = Object.hasOwn(evidence.objects, digest) ? evidence.objects[digest] : undefined
    if (object === undefined || Date.parse(object.collectedAt) < evidence.notBefore) return undefined
    if (collectedFrom === null || object.collectedAt < collectedFrom) collectedFrom = object.collectedAt
    if (collectedTo === null || object.collectedAt > collectedTo) collectedTo = object.collectedAt
    return object
  }
  const { content, profile } = standard
  const result = await inSlices(evaluateInSteps(content, profile, { find }, { now: evidence.now }), signal)
  const byRule = Map.groupBy(result.rules, ({ ruleId }) => ruleId)
  const outcomes: Outcome[] = []
  const rules: RuleDetail[] = []
  for (const { id, checkId } of standard.rules) {
    const results = byRule.get(id) ?? []
    const [first] = results
    if (first === undefined) throw new Error(`the evaluation has no result of rule ${id}`)
    outcomes.push(combine(results))
    rules.push({
      id,
      checkId,
      title: first.title,
      severity: first.severity,
      messages: [...new Set(results.flatMap(({ messages }) => messages))],
      explanation: traceOf(results),
    })
  }
  const scores = Object.fromEntries(
    result.scores.map(({ system, score }) => [system.slice(system.lastIndexOf(':') + 1), score]),
  )
  return {
    evidenceId: evidence.id,
    engine: engineVersion,
    collectedFrom,
    collectedTo,
    outcomes,
    detail: { ...aboutStandard(standard), scores, rules },
  }
}

/** The same thread answers requests and tells that its tasks are alive: after so long it is their turn. */
const sliceMs = 20

async function inSlices(
  steps: Generator<undefined, BenchmarkResult>,
  signal: AbortSignal | undefined,
): Promise<BenchmarkResult> {
  for (let began = performance.now(); ;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (performance.now() - began < sliceMs) continue
    await setImmediate()
    signal?.throwIfAborted()
    began = performance.now()
  }
}

/** There is nothing to judge, or judging failed: no verdict is possible, and none is made up. */
export function judgeNothing(standard: PreparedStandard, reason: string, cause: NothingJudged): Judgement {
  const { profile } = standard
  return {
    evidenceId: null,
    collectedFrom: null,
    collectedTo: null,
    outcomes: standard.rules.map(() => 'unknown'),
    detail: {
      ...aboutStandard(standard),
      scores: {},
      reason,
      cause,
      rules: profile.rules
        .filter(({ selected }) => selected)
        .map(({ rule, severity }, index) => ({
          id: rule.id,
          checkId: standard.rules[index]?.checkId ?? '',
          title: renderText(rule.title, profile.values),
          severity,
          messages: [],
        })),
    },
  }
}

function aboutStandard({
  pinned,
}: PreparedStandard): Pick<NewResult['detail'], 'benchmarkId' | 'profileId' | 'standardTitle'> {
  return { standardTitle: pinned.title, benchmarkId: pinned.benchmarkId, profileId: pinned.profileId }
}

/** A rule whose check has several definitions (XCCDF `multi-check`) has several results; a result row has one. */
const precedence: readonly Outcome[] = [
  'fail',
  'error',
  'unknown',
  'notchecked',
  'informational',
  'pass',
  'fixed',
  'notapplicable',
  'notselected',
]

function combine(results: readonly RuleResult[]): Outcome {
  const outcomes = new Set(results.map(({ result }) => result))
  return precedence.find((outcome) => outcomes.has(outcome)) ?? 'unknown'
}
