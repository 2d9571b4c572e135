import type { BenchmarkContent } from '../xccdf/content.ts'
import type { BenchmarkResult, EvaluatedDocument, RuleResult } from '../xccdf/evaluate.ts'
import type { JudgedCheck } from '../xccdf/judged-check.ts'
import { traceApplicability } from './explain-applicability.ts'
import { traceDocument } from './explain-document.ts'
import { sentenceOf } from './sentence.ts'
import type { CheckTrace, RuleTrace } from './trace.ts'

/** All that led to the verdict on a rule. */
export function explainRule(content: BenchmarkContent, result: BenchmarkResult, rule: RuleResult): RuleTrace {
  const used = result.documents.filter(({ evaluation }) => rule.decided.some((one) => one.evaluation === evaluation))
  const check = rule.judged?.kind === 'unjudged' ? undefined : rule.judged
  const applies = rule.result !== 'notapplicable' || rule.decided.length > 0
  const platforms = applies ? undefined : traceApplicability(content, result, rule.ruleId)
  const trace: RuleTrace = {
    ruleId: rule.ruleId,
    title: rule.title,
    result: rule.result,
    sentence: '',
    role: rule.role,
    messages: rule.messages,
    ...(platforms === undefined ? {} : { applicability: platforms.applicability }),
    ...(check === undefined ? {} : { check: traceCheck(check, used) }),
    documents:
      platforms?.documents ??
      used.map((document) =>
        traceDocument(
          document,
          rule.decided.filter((one) => one.evaluation === document.evaluation).map(({ definition }) => definition.id),
        ),
      ),
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
