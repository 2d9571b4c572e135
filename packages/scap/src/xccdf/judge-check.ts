import { readRun, scriptSystem } from '../sce/script.ts'
import { exportsOf, ovalSystem, scriptId, scriptsOf, usableReference } from './check-plan.ts'
import type { BenchmarkContent } from './content.ts'
import type { Judge } from './evaluate.ts'
import type { JudgedCheck } from './judged-check.ts'
import type { Check, ComplexCheck } from './model/benchmark.ts'
import { combineOutcomes, negateOutcome, outcomeOfDefinition } from './outcomes.ts'

/** What a check comes to: one answer, or with `multi-check` one for each definition. */
export function judgeCheck(judge: Judge, check: Check | ComplexCheck): JudgedCheck[] {
  if (check.kind === 'complex-check') return [judgeComplex(judge, check)]
  const each = judgeEach(judge, check)
  const [first] = each
  // One result for each definition, of which there is none: the rule has a result all the same.
  if (check.multiCheck && first?.kind === 'unjudged' && first.outcome === 'error')
    return [{ ...first, outcome: 'unknown' }]
  return check.multiCheck ? each.map((one) => (check.negate ? negated(one) : one)) : [asOneCheck(check.negate, each)]
}

/** Inside, `multi-check` has no effect: there is one place for the outcome of each check. */
function judgeComplex(judge: Judge, { operator, negate, children }: ComplexCheck): JudgedCheck {
  const each = children.map((one) =>
    one.kind === 'complex-check' ? judgeComplex(judge, one) : asOneCheck(one.negate, judgeEach(judge, one)),
  )
  return combine(operator, negate, each)
}

/** XCCDF 1.2, 6.4.4.4: what is negated is the outcome of the check as a whole. */
export function asOneCheck(negate: boolean, each: readonly JudgedCheck[]): JudgedCheck {
  const [only, second] = each
  if (only === undefined || second !== undefined) return combine('AND', negate, each)
  return negate ? negated(only) : only
}

function judgeEach(judge: Judge, check: Check): JudgedCheck[] {
  const each = judgeDefinitions(judge, check) ?? judgeScripts(judge, check)
  if (each === undefined) return [{ kind: 'unjudged', outcome: 'notchecked', message: whyUnchecked(judge, check) }]
  const lost = check.exports.find(({ valueId }) => judge.profile.values[valueId] === undefined)
  if (lost === undefined) return each
  const message = `the profile selects a value of ${lost.valueId} that does not exist`
  return [{ kind: 'unjudged', outcome: 'unknown', message }]
}

function combine(operator: 'AND' | 'OR', negate: boolean, children: readonly JudgedCheck[]): JudgedCheck {
  const outcome = combineOutcomes(
    operator,
    children.map((one) => one.outcome),
  )
  return { kind: 'combined', operator, negate, children, outcome: negate ? negateOutcome(outcome) : outcome }
}

function negated(judged: JudgedCheck): JudgedCheck {
  const outcome = negateOutcome(judged.outcome)
  switch (judged.kind) {
    case 'definition':
      return { ...judged, outcome, decided: { ...judged.decided, negate: true } }
    case 'script':
      return { ...judged, outcome, negate: true }
    case 'combined':
    case 'unjudged':
      return judged
  }
}

function judgeDefinitions(judge: Judge, check: Check): JudgedCheck[] | undefined {
  const reference = usableReference(judge.content, check)
  const binding = judge.plan.bindingOf.get(check)
  if (reference === undefined || binding === undefined) return undefined
  const evaluation = judge.evaluationOf(binding)
  if (reference.definitionIds.length === 0) {
    const { href } = reference
    return [{ kind: 'unjudged', outcome: 'error', message: `${href} has no definitions`, href }]
  }
  return reference.definitionIds.map((id) => {
    const definition = evaluation.definition(id)
    return {
      kind: 'definition',
      outcome: outcomeOfDefinition(definition.result, definition.class),
      decided: {
        system: check.system,
        href: binding.href,
        negate: false,
        definition,
        evaluation,
        exports: exportsOf(check, judge.profile),
      },
    }
  })
}

/** The first of the references whose script says something; the last where none does. */
function judgeScripts(judge: Judge, check: Check): JudgedCheck[] | undefined {
  const { scripts } = judge.plan
  if (scripts === undefined) return undefined
  const evaluation = judge.evaluationOf(scripts)
  const runs = scriptsOf(judge.content, judge.profile, check).map((script) =>
    readRun(script.href, evaluation.object(scriptId(script))),
  )
  const run = runs.find(({ outcome }) => outcome !== 'notchecked') ?? runs.at(-1)
  if (run === undefined) return undefined
  const { imports = [], exports } = check
  return [{ kind: 'script', outcome: run.outcome, negate: false, run, imports, exports }]
}

const questionnaires = ['http://scap.nist.gov/schema/ocil/2', 'http://scap.nist.gov/schema/ocil/2.0']

function whyUnchecked({ content, profile }: Judge, { system, contentRefs }: Check): string {
  if (questionnaires.includes(system)) return 'a person has to answer a questionnaire (OCIL)'
  if (system === scriptSystem && profile.allowsScripts !== true)
    return 'its check is a script (SCE), and scripts of content run only when they are allowed'
  if (system !== scriptSystem && system !== ovalSystem)
    return `its check needs ${system === '' ? 'a system that is not named' : system}`
  const [reference] = contentRefs
  return reference === undefined ? 'its check refers to no definition' : whyMissing(content, reference)
}

function whyMissing({ missing }: BenchmarkContent, { href, name }: Check['contentRefs'][number]): string {
  return missing[href] ?? `its check refers to ${name === undefined ? '' : `${name} in `}${href}, which does not exist`
}
