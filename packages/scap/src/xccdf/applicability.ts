import { combine, isPlatform, type Truth } from '../cpe/applicability.ts'
import type { CpeCheck } from '../cpe/model.ts'
import { createEvaluation, type Evaluation, type ObjectSource } from '../oval/evaluate/evaluation.ts'
import { isDenial } from '../oval/denial.ts'
import type { OvalResult } from '../oval/model/enumerations.ts'
import type { CriteriaResult } from '../oval/model/result.ts'
import type { Binding } from './check-plan.ts'
import type { BenchmarkContent } from './content.ts'
import type { ResolvedRule } from './resolve.ts'

/** Which rules apply to what was collected. */
export interface Applicability {
  /**
   * Every one of its groups' and its own platforms must be met; of several platforms of one item any will do. `error` when
   * that hangs on what the account may not read. Other errors are not true, as the referee has it: a rule about what there
   * is no way to ask for, such as units without systemd, does not apply.
   */
  appliesTo(rule: ResolvedRule): Truth
  /** Why it could not be told. */
  whyUntold(rule: ResolvedRule): string[]
  /** The same, but yes where it cannot be told because nobody looked. */
  mayApplyTo(rule: ResolvedRule): boolean
  /** Whether the asset is of this platform. */
  isOf(platform: string): boolean
}

export function createApplicability(
  { benchmark, cpe }: BenchmarkContent,
  platforms: ReadonlyMap<string, Binding>,
  evaluationOf: (binding: Binding) => Evaluation,
): Applicability {
  const known = new Map<string, Answer>()
  const resultOf = ({ href, id }: CpeCheck): OvalResult => {
    const binding = platforms.get(href)
    return binding?.definitionIds.has(id) === true ? evaluationOf(binding).result(id) : 'not applicable'
  }
  const whyError = ({ href, id }: CpeCheck): string[] => {
    const binding = platforms.get(href)
    return binding === undefined ? [] : reasonsOf(evaluationOf(binding), id)
  }
  const answerFor = (platform: string): Answer => {
    let answer = known.get(platform)
    if (answer === undefined) {
      let isOpen = false
      const denials: string[] = []
      const applies = isPlatform(cpe, platform, (check) => {
        const result = resultOf(check)
        isOpen ||= result === 'unknown' || result === 'not evaluated'
        const why = result === 'error' ? whyError(check).filter(isDenial) : []
        denials.push(...why)
        return why.length > 0 ? 'error' : result === 'true'
      })
      answer = { applies, mayApply: applies === true || isOpen, denials }
      known.set(platform, answer)
    }
    return answer
  }
  const each = ({ groups, rule }: ResolvedRule, holds: (answer: Answer) => Truth): Truth =>
    combine(
      'AND',
      [benchmark, ...groups, rule]
        .filter(({ platforms: some }) => some.length > 0)
        .map(({ platforms: some }) =>
          combine(
            'OR',
            some.map((platform) => holds(answerFor(platform))),
          ),
        ),
    )
  return {
    appliesTo: (rule) => each(rule, ({ applies }) => applies),
    mayApplyTo: (rule) => each(rule, ({ mayApply }) => mayApply) === true,
    isOf: (platform) => answerFor(platform).applies === true,
    whyUntold: ({ groups, rule }) => [
      ...new Set(
        [benchmark, ...groups, rule].flatMap((item) => item.platforms.flatMap((one) => answerFor(one).denials)),
      ),
    ],
  }
}

/** What the tests of a definition that are errors say of what they could not read. */
function reasonsOf(evaluation: Evaluation, definitionId: string): string[] {
  const visit = (node: CriteriaResult): string[] => {
    if (node.result !== 'error') return []
    if (node.kind === 'criteria') return node.children.flatMap(visit)
    if (node.kind === 'extend_definition') return reasonsOf(evaluation, node.definitionRef)
    const { object, items, messages } = evaluation.test(node.testRef)
    return [...messages, ...(object?.messages ?? []), ...items.flatMap(({ item }) => item.messages ?? [])]
  }
  const { criteria, messages } = evaluation.definition(definitionId)
  return criteria === undefined ? [...messages] : visit(criteria)
}

interface Answer {
  readonly applies: Truth
  readonly mayApply: boolean
  /** What the account may not read of it. */
  readonly denials: readonly string[]
}

/** One evaluation for each document under its values, made when first asked for. */
export function evaluationsOver(source: ObjectSource, now: Date): (binding: Binding) => Evaluation {
  const evaluations = new Map<Binding, Evaluation>()
  return (binding) => {
    let evaluation = evaluations.get(binding)
    if (evaluation === undefined) {
      evaluation = createEvaluation({ content: binding.content, externalVariables: binding.variables, source, now })
      evaluations.set(binding, evaluation)
    }
    return evaluation
  }
}
