import { expressionOf } from '../cpe/applicability.ts'
import type { CpeCheck, CpeContent, CpeExpression } from '../cpe/model.ts'
import { cpeMatches } from '../cpe/name.ts'
import type { BenchmarkResult, EvaluatedDocument } from '../xccdf/evaluate.ts'
import type { BenchmarkContent } from '../xccdf/content.ts'
import type { Group, Rule } from '../xccdf/model/benchmark.ts'
import { traceDocument } from './explain-document.ts'
import type { DocumentTrace, ItemApplicability, PlatformTrace } from './trace.ts'

/** Benchmark, groups and rule that name platforms, with what each platform came to, and the documents that say so. */
export function traceApplicability(
  content: BenchmarkContent,
  result: BenchmarkResult,
  ruleId: string,
): { readonly applicability: readonly ItemApplicability[]; readonly documents: readonly DocumentTrace[] } {
  const asked = new Map<EvaluatedDocument, string[]>()
  const fact = (check: CpeCheck): PlatformTrace => {
    const document = result.documents.find(({ href, purpose }) => purpose === 'platforms' && href === check.href)
    if (document?.definitionIds.includes(check.id) !== true) {
      return { kind: 'definition', id: check.id, result: 'unknown', holds: false }
    }
    asked.set(document, [...(asked.get(document) ?? []), check.id])
    const outcome = document.evaluation.result(check.id)
    const place = [...asked.keys()].indexOf(document)
    return { kind: 'definition', id: check.id, document: place, result: outcome, holds: outcome === 'true' }
  }
  const named = [content.benchmark, ...pathTo(content.benchmark.items, ruleId)].filter(
    ({ platforms }) => platforms.length > 0,
  )
  const applicability = named.map(({ id, platforms }) => ({
    item: id,
    platforms: platforms.map((platform) => tracePlatform(content.cpe, platform, fact)),
  }))
  return { applicability, documents: Array.from(asked, ([document, ids]) => traceDocument(document, ids)) }
}

function pathTo(items: readonly (Group | Rule)[], ruleId: string): (Group | Rule)[] {
  for (const item of items) {
    if (item.id === ruleId) return [item]
    const below = item.kind === 'group' ? pathTo(item.children, ruleId) : []
    if (below.length > 0) return [item, ...below]
  }
  return []
}

type Fact = (check: CpeCheck) => PlatformTrace

function tracePlatform(cpe: CpeContent, platform: string, fact: Fact): PlatformTrace {
  const expression = expressionOf(cpe, platform)
  if (expression === undefined) return traceName(cpe, platform, fact)
  const inner = traceExpression(cpe, expression, fact)
  return { kind: 'all', name: platform, negate: false, children: [inner], holds: inner.holds }
}

function traceExpression(cpe: CpeContent, expression: CpeExpression, fact: Fact): PlatformTrace {
  switch (expression.kind) {
    case 'check-fact-ref':
      return fact(expression.check)
    case 'fact-ref':
      return traceName(cpe, expression.name, fact)
    case 'logical-test': {
      const children = expression.children.map((one) => traceExpression(cpe, one, fact))
      const isAll = expression.operator === 'AND'
      const plain = isAll ? children.every(({ holds }) => holds) : children.some(({ holds }) => holds)
      return {
        kind: isAll ? 'all' : 'any',
        name: '',
        negate: expression.negate,
        children,
        holds: plain !== expression.negate,
      }
    }
  }
}

function traceName(cpe: CpeContent, name: string, fact: Fact): PlatformTrace {
  const children = cpe.items
    .filter((item) => item.name === name || cpeMatches(name, item.name))
    .flatMap(({ checks }) => checks.map(fact))
  return { kind: 'any', name, negate: false, children, holds: children.some(({ holds }) => holds) }
}
