import type { EvaluatedDocument } from '../xccdf/evaluate.ts'
import { outcomeOfDefinition } from '../xccdf/outcomes.ts'
import { decidingTests } from './deciding-tests.ts'
import { describeTest } from './describe-test.ts'
import { traceDocument } from './explain-document.ts'
import { joinFacts, maxFacts } from './sentence.ts'
import type { RuleTrace } from './trace.ts'

/** All that led to the result of an OVAL definition, as of a rule whose one check it is. */
export function explainDefinition(document: EvaluatedDocument, id: string): RuleTrace {
  const { evaluation } = document
  const definition = evaluation.definition(id)
  const outcome = outcomeOfDefinition(definition.result, definition.class)
  const trace: RuleTrace = {
    ruleId: id,
    title: definition.title,
    result: outcome,
    sentence: '',
    role: 'full',
    messages: definition.messages,
    check: { kind: 'check', negate: false, document: 0, definition: id, outcome },
    documents: [traceDocument(document, [id])],
  }
  return { ...trace, sentence: sentenceOf(definition.result, trace) }
}

function sentenceOf(result: string, trace: RuleTrace): string {
  const tests = decidingTests(trace)
  const facts = tests.length > 0 ? [...new Set(tests.map(describeTest))] : trace.messages
  const more = facts.length - maxFacts
  const list = [
    ...facts.slice(0, maxFacts),
    ...(more > 0 ? [`${more} more ${more === 1 ? 'finding' : 'findings'}`] : []),
  ]
  const beginning = `${result.slice(0, 1).toUpperCase()}${result.slice(1)}`
  return list.length === 0 ? `${beginning}.` : `${beginning} because ${joinFacts(list).replace(/\.$/, '')}.`
}
