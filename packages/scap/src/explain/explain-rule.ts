import type { CriteriaResult } from '../oval/model/result.ts'
import type { BenchmarkContent } from '../xccdf/content.ts'
import type { BenchmarkResult, EvaluatedDocument, RuleResult } from '../xccdf/evaluate.ts'
import type { DecidedCheck, JudgedCheck } from '../xccdf/judged-check.ts'
import { traceApplicability } from './explain-applicability.ts'
import { traceTest } from './explain-test.ts'
import { traceVariable, variablesBehind } from './explain-variable.ts'
import { sentenceOf } from './sentence.ts'
import type { CheckTrace, DefinitionTrace, DocumentTrace, RuleTrace, TestTrace, VariableTrace } from './trace.ts'

/** All that led to the verdict on a rule. */
export function explainRule(content: BenchmarkContent, result: BenchmarkResult, rule: RuleResult): RuleTrace {
  const used = result.documents.filter(({ evaluation }) => rule.decided.some((one) => one.evaluation === evaluation))
  const check = rule.judged?.kind === 'unjudged' ? undefined : rule.judged
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
    ...(check === undefined ? {} : { check: traceCheck(check, used) }),
    documents: used.map((document) => traceDocument(document, rule.decided)),
  }
  return { ...trace, sentence: sentenceOf(trace) }
}

function traceCheck(judged: JudgedCheck, documents: readonly EvaluatedDocument[]): CheckTrace {
  const { outcome } = judged
  switch (judged.kind) {
    case 'definition': {
      const { definition, evaluation, negate } = judged.decided
      const document = documents.findIndex((one) => one.evaluation === evaluation)
      return { kind: 'check', negate, document, definition: definition.id, outcome }
    }
    case 'script': {
      const { href, exitStatus, stdout, stderr } = judged.run
      const ended = exitStatus === undefined ? {} : { exitStatus }
      return { kind: 'script', negate: judged.negate, href, ...ended, stdout, stderr, outcome }
    }
    case 'combined': {
      const children = judged.children.map((one) => traceCheck(one, documents))
      return { kind: 'complex-check', operator: judged.operator, negate: judged.negate, children, outcome }
    }
    case 'unjudged':
      return { kind: 'unchecked', outcome }
  }
}

export function traceDocument(
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
