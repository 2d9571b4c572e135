import type { CriteriaResult } from '../oval/model/result.ts'
import type { EvaluatedDocument } from '../xccdf/evaluate.ts'
import { traceTest } from './explain-test.ts'
import { traceVariable, variablesBehind } from './explain-variable.ts'
import type { DefinitionTrace, DocumentTrace, TestTrace, VariableTrace } from './trace.ts'

/** These definitions of a document, with those that they extend, their tests, and the variables behind these. */
export function traceDocument(
  { href, content, evaluation }: EvaluatedDocument,
  definitionIds: readonly string[],
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
  for (const id of definitionIds) visitDefinition(id)
  return { href, definitions, tests, variables }
}
