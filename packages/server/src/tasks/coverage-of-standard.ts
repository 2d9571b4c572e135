import { collect } from '@plumbline/collect'
import type { Session } from '@plumbline/collect'
import type { Database } from '../db/database.ts'
import { pinStandards } from '../store/run-inputs.ts'
import { CollectionImpossible } from './collection-failure.ts'
import { judge } from './judge.ts'
import { planOf } from './standards.ts'
import type { RuleTrace } from './rule-trace.ts'
import type { StandardLibrary } from './standards.ts'

/** How much of a standard can be decided on an asset with the rights and tools that it gives us. */
export interface Coverage {
  readonly standardId: string
  readonly title: string
  readonly rules: number
  /** Rules with a verdict, or that do not apply. */
  readonly decided: number
  /** Rules that no program decides, whatever its rights. */
  readonly manual: number
  /** Why others cannot be decided, the most frequent first. */
  readonly reasons: readonly { readonly text: string; readonly rules: number }[]
}

const mostReasons = 20
const byHand: readonly string[] = ['notchecked', 'informational']

/**
 * Collects what the standard asks and evaluates it, and keeps nothing: what can be decided is seen by deciding it. A guess
 * from the names of commands would not know of files that only root may read.
 */
export async function measureCoverage(
  { database, standards }: { readonly database: Database; readonly standards: StandardLibrary },
  session: Session,
  standardId: string,
  signal: AbortSignal,
): Promise<Coverage> {
  const pinned = await pinStandards(database.kysely, [standardId])
  const [standard] = await standards.prepare(pinned.standards)
  if (standard === undefined) {
    throw new CollectionImpossible('standard-not-found', `there is no standard ${standardId} (any more)`)
  }
  const now = new Date()
  const { objects } = await collect(session, planOf([standard]).plan, { now, signal })
  const { outcomes, detail } = await judge(standard, { id: '', objects, notBefore: 0, now }, signal)
  const reasons = new Map<string, number>()
  const undecided = outcomes.flatMap((outcome, at) => (['error', 'unknown'].includes(outcome) ? [at] : []))
  for (const at of undecided) {
    const rule = detail.rules[at]
    const text =
      rule?.messages[0] ?? undecidedTest(rule?.explanation as RuleTrace | undefined) ?? 'its check says no reason'
    reasons.set(text, (reasons.get(text) ?? 0) + 1)
  }
  const manual = outcomes.filter((outcome) => byHand.includes(outcome)).length
  return {
    standardId,
    title: standard.pinned.title,
    rules: outcomes.length,
    decided: outcomes.length - manual - undecided.length,
    manual,
    reasons: [...reasons]
      .map(([text, rules]) => ({ text, rules }))
      .toSorted((one, other) => other.rules - one.rules)
      .slice(0, mostReasons),
  }
}

/** What the first test says that could not be decided; a rule says it of its checks as a whole. */
function undecidedTest(trace: RuleTrace | undefined): string | undefined {
  const tests = (trace?.checks ?? []).flatMap((check) => check.tests).filter(({ result }) => !settled.includes(result))
  return tests.flatMap(({ messages, object }) => [...messages, ...(object?.messages ?? [])])[0]
}

const settled: readonly string[] = ['true', 'false', 'not applicable']

export function describeCoverage({ title, rules, decided, manual, reasons }: Coverage): string {
  const open = rules - decided - manual
  const share = rules === 0 ? 0 : Math.round((100 * decided) / (rules - manual || 1))
  const [first] = reasons
  return [
    `${title}: ${decided} of ${rules} rules can be decided (${share} % of those that a program can)`,
    ...(manual === 0 ? [] : [`${manual} only by people`]),
    ...(open === 0 ? [] : [`${open} not, as ${first?.text ?? 'was said'}`]),
  ].join('; ')
}
