import { isPlatform } from '../cpe/applicability.ts'
import type { CpeCheck } from '../cpe/model.ts'
import { createEvaluation, type Evaluation, type ObjectSource } from '../oval/evaluate/evaluation.ts'
import type { OvalResult } from '../oval/model/enumerations.ts'
import type { Binding } from './check-plan.ts'
import type { BenchmarkContent } from './content.ts'
import type { ResolvedRule } from './resolve.ts'

/** Which rules apply to what was collected. */
export interface Applicability {
  /** Every one of its groups' and its own platforms must be met; of several platforms of one item any will do. */
  appliesTo(rule: ResolvedRule): boolean
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
  const answerFor = (platform: string): Answer => {
    let answer = known.get(platform)
    if (answer === undefined) {
      let isOpen = false
      const applies = isPlatform(cpe, platform, (check) => {
        const result = resultOf(check)
        isOpen ||= result === 'unknown' || result === 'not evaluated'
        return result === 'true'
      })
      answer = { applies, mayApply: applies || isOpen }
      known.set(platform, answer)
    }
    return answer
  }
  const each = ({ groups, rule }: ResolvedRule, holds: (answer: Answer) => boolean): boolean =>
    [benchmark, ...groups, rule].every(
      ({ platforms: some }) => some.length === 0 || some.some((platform) => holds(answerFor(platform))),
    )
  return {
    appliesTo: (rule) => each(rule, ({ applies }) => applies),
    mayApplyTo: (rule) => each(rule, ({ mayApply }) => mayApply),
    isOf: (platform) => answerFor(platform).applies,
  }
}

interface Answer {
  readonly applies: boolean
  readonly mayApply: boolean
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
