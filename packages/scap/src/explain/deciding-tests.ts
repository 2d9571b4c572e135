import type { CriteriaResult } from '../oval/model/result.ts'
import type { CheckTrace, DocumentTrace, ItemApplicability, PlatformTrace, RuleTrace, TestTrace } from './trace.ts'

/** The parts of a rule's check that its verdict turns on. */
function decidingChecks(check: CheckTrace): CheckTrace[] {
  if (check.kind !== 'complex-check') return [check]
  // XCCDF 1.2, 7.2.3.5.3: unknown goes before error, which is a reason all the same.
  const isUndecided = check.outcome === 'error' || check.outcome === 'unknown'
  const same = check.children.filter(
    ({ outcome }) =>
      check.negate || outcome === check.outcome || (isUndecided && (outcome === 'error' || outcome === 'unknown')),
  )
  return (same.length > 0 ? same : check.children).flatMap(decidingChecks)
}

/** The scripts that a verdict turns on. */
export function decidingScripts({ check }: RuleTrace): (CheckTrace & { kind: 'script' })[] {
  return check === undefined ? [] : decidingChecks(check).filter((one) => one.kind === 'script')
}

/** The tests that a verdict turns on: those whose other result would have made another verdict possible. */
export function decidingTests(trace: RuleTrace): TestTrace[] {
  const found = new Map<TestTrace, true>()
  const visitDefinition = (document: DocumentTrace, id: string): void => {
    const criteria = document.definitions[id]?.criteria
    if (criteria !== undefined) visit(document, criteria)
  }
  const visit = (document: DocumentTrace, node: CriteriaResult): void => {
    switch (node.kind) {
      case 'criterion': {
        const test = document.tests[node.testRef]
        if (test !== undefined) found.set(test, true)
        return
      }
      case 'extend_definition':
        visitDefinition(document, node.definitionRef)
        return
      case 'criteria':
        for (const child of decidingChildren(node)) visit(document, child)
    }
  }
  for (const { document: place, id } of (trace.applicability ?? []).flatMap(decidingDefinitions)) {
    const document = place === undefined ? undefined : trace.documents[place]
    if (document !== undefined) visitDefinition(document, id)
  }
  for (const check of trace.check === undefined ? [] : decidingChecks(trace.check)) {
    const document = check.kind === 'check' ? trace.documents[check.document] : undefined
    if (check.kind === 'check' && document !== undefined) visitDefinition(document, check.definition)
  }
  return [...found.keys()]
}

/** The definitions for which an item does not apply: none when one of its platforms is the asset's. */
function decidingDefinitions({ platforms }: ItemApplicability): (PlatformTrace & { kind: 'definition' })[] {
  return platforms.some(({ holds }) => holds) ? [] : platforms.flatMap(leavesOf)
}

function leavesOf(platform: PlatformTrace): (PlatformTrace & { kind: 'definition' })[] {
  if (platform.kind === 'definition') return [platform]
  const inner = platform.holds !== platform.negate
  return platform.children.filter(({ holds }) => holds === inner).flatMap(leavesOf)
}

/** Of a conjunction that is true all its parts matter, of one that is false only those that are. */
function decidingChildren(node: Extract<CriteriaResult, { kind: 'criteria' }>): readonly CriteriaResult[] {
  const inner = node.negate
    ? node.result === 'true'
      ? 'false'
      : node.result === 'false'
        ? 'true'
        : node.result
    : node.result
  if (node.operator === 'XOR' || node.operator === 'ONE') return node.children
  const same = node.children.filter(({ result }) => result === inner)
  return same.length > 0 ? same : node.children
}
