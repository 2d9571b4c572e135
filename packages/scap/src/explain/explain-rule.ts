import type { CriteriaResult } from '../oval/model/result.ts'
import type { BenchmarkResult, DecidedCheck, EvaluatedDocument, RuleResult } from '../xccdf/evaluate.ts'
import type { BenchmarkContent } from '../xccdf/content.ts'
import type { Check, ComplexCheck } from '../xccdf/model/benchmark.ts'
import { combineOutcomes, negateOutcome, outcomeOfDefinition } from '../xccdf/outcomes.ts'
import { traceApplicability } from './explain-applicability.ts'
import { traceTest } from './explain-test.ts'
import { traceVariable, variablesBehind } from './explain-variable.ts'
import { sentenceOf } from './sentence.ts'
import type { CheckTrace, DefinitionTrace, DocumentTrace, RuleTrace, TestTrace, VariableTrace } from './trace.ts'

/** All that led to the verdict on a rule. */
export function explainRule(content: BenchmarkContent, result: BenchmarkResult, rule: RuleResult): RuleTrace {
  const used = result.documents.filter(({ evaluation }) => rule.decided.some((one) => one.evaluation === evaluation))
  const check = traceChecks(rule, used)
  const trace: RuleTrace = {
    ruleId: rule.ruleId,
    title: rule.title,
    result: rule.result,
    sentence: '',
    role: rule.role,
    messages: rule.messages,
    ...(rule.result === 'notapplicable' && rule.decided.length === 0
      ? { applicability: traceApplicability(content, result, rule.ruleId) }
      : {}),
    ...(check === undefined ? {} : { check }),
    documents: used.map((document) => traceDocument(document, rule.decided)),
  }
  return { ...trace, sentence: sentenceOf(trace) }
}

function traceChecks(rule: RuleResult, documents: readonly EvaluatedDocument[]): CheckTrace | undefined {
  const left = [...rule.decided]
  const { complexCheck } = rule.rule
  if (left.length === 0) return undefined
  if (complexCheck !== undefined) return traceComplex(complexCheck)
  const each = left.map(traceDecided)
  return each.length === 1 ? each[0] : combined('AND', false, each)

  function traceDecided({ definition, evaluation, negate }: DecidedCheck): CheckTrace {
    const outcome = outcomeOfDefinition(definition.result, definition.class)
    return {
      kind: 'check',
      negate,
      document: documents.findIndex((document) => document.evaluation === evaluation),
      definition: definition.id,
      outcome: negate ? negateOutcome(outcome) : outcome,
    }
  }

  /** The checks that decided are in the order of the complex check. */
  function traceComplex({ operator, negate, children }: ComplexCheck): CheckTrace {
    return combined(
      operator,
      negate,
      children.map((one) => (one.kind === 'complex-check' ? traceComplex(one) : traceOne(one))),
    )
  }

  function traceOne(check: Check): CheckTrace {
    const mine: DecidedCheck[] = []
    for (let next = left[0]; next !== undefined && belongs(check, next); next = left[0]) {
      mine.push(next)
      left.shift()
      // A reference that names its definition brings one.
      if (check.contentRefs.some(({ name }) => name === next?.definition.id)) break
    }
    const each = mine.map(traceDecided)
    if (each.length === 0) return { kind: 'unchecked', outcome: 'notchecked' }
    return each.length === 1 && each[0] !== undefined ? each[0] : combined('AND', false, each)
  }
}

const belongs = ({ contentRefs }: Check, { href, definition }: DecidedCheck): boolean =>
  contentRefs.some((one) => one.href === href && (one.name === undefined || one.name === definition.id))

function combined(operator: 'AND' | 'OR', negate: boolean, children: readonly CheckTrace[]): CheckTrace {
  const outcome = combineOutcomes(
    operator,
    children.map((one) => one.outcome),
  )
  return { kind: 'complex-check', operator, negate, children, outcome: negate ? negateOutcome(outcome) : outcome }
}

function traceDocument(
  { href, content, evaluation }: EvaluatedDocument,
  decided: readonly DecidedCheck[],
): DocumentTrace {
  const definitions: Record<string, DefinitionTrace> = {}
  const tests: Record<string, TestTrace> = {}
  const variables: Record<string, VariableTrace> = {}
  const visitDefinition = (id: string): void => {
    if (Object.hasOwn(definitions, id)) return
    const { class: kind, title, result, criteria, messages } = evaluation.definition(id)
    definitions[id] = { class: kind, title, result, ...(criteria === undefined ? {} : { criteria }), messages }
    if (criteria !== undefined) visit(criteria)
  }
  const visit = (node: CriteriaResult): void => {
    if (node.kind === 'criteria') node.children.forEach(visit)
    else if (node.kind === 'extend_definition') visitDefinition(node.definitionRef)
    else if (!Object.hasOwn(tests, node.testRef)) {
      const test = traceTest(content, evaluation, node.testRef)
      tests[node.testRef] = test
      for (const id of test.variables.flatMap((one) => [...variablesBehind(content, one)])) {
        const variable = traceVariable(content, evaluation, id)
        if (variable !== undefined) variables[id] = variable
      }
    }
  }
  for (const { definition } of decided.filter((one) => one.evaluation === evaluation)) visitDefinition(definition.id)
  return { href, definitions, tests, variables }
}
