import { scriptsIn } from '@plumbline/scap'
import type { CriteriaResult, DecidedCheck, RuleResult, ScriptRun, TestResult } from '@plumbline/scap'

/** Why a rule came to its result: the definitions that decided it, with their criteria and tests. Kept with the result. */
export interface RuleTrace {
  readonly checks: readonly {
    readonly definitionId: string
    readonly title: string
    readonly result: string
    readonly criteria: CriteriaResult | undefined
    readonly tests: readonly TestTrace[]
    readonly messages: readonly string[]
  }[]
}

export interface TestTrace {
  readonly id: string
  readonly testType: string
  readonly comment: string
  readonly check: string
  readonly checkExistence: string
  readonly result: string
  readonly object: TestResult['object']
  /** The first items, those that are not as they should be first. */
  readonly items: readonly ItemTrace[]
  readonly itemCount: number
  readonly messages: readonly string[]
}

export interface ItemTrace {
  readonly result: string
  readonly status: string
  /** What tells the item from others: the entities that its object asks by. */
  readonly entities: Readonly<Record<string, string>>
  readonly line: number | undefined
  readonly states: readonly {
    readonly entity: string
    readonly operation: string
    readonly expected: readonly string[]
    readonly found: readonly string[]
    readonly result: string
  }[]
}

const maxItems = 5
const maxValues = 20
const maxLength = 1000

/**
 * Only what the verdict rests on: no times of access and the like, so that the trace of an unchanged asset is the same
 * from run to run and is kept once.
 */
export function traceOf(results: readonly RuleResult[]): RuleTrace {
  return {
    checks: results.flatMap(({ decided, judged }) => [
      ...decided.map(traceCheck),
      ...(judged === undefined ? [] : scriptsIn(judged).map(traceScript)),
    ]),
  }
}

/** A script stands where a definition would: what it printed says why. */
function traceScript({ href, outcome, exitStatus, stdout, stderr, messages }: ScriptRun): RuleTrace['checks'][number] {
  const printed = [stdout, stderr].flatMap((text) => text.split('\n')).filter((line) => line.trim() !== '')
  return {
    definitionId: href,
    title: exitStatus === undefined ? 'script' : `script, exit status ${exitStatus}`,
    result: outcome,
    criteria: undefined,
    tests: [],
    messages: [...messages, ...printed.slice(0, maxValues).map(shorten)],
  }
}

function traceCheck({ definition, evaluation }: DecidedCheck): RuleTrace['checks'][number] {
  const tests = new Set<string>()
  const visit = (node: CriteriaResult): void => {
    if (node.kind === 'criterion') tests.add(node.testRef)
    if (node.kind === 'criteria') node.children.forEach(visit)
    if (node.kind === 'extend_definition') {
      const extended = evaluation.definition(node.definitionRef).criteria
      if (extended !== undefined) visit(extended)
    }
  }
  if (definition.criteria !== undefined) visit(definition.criteria)
  return {
    definitionId: definition.id,
    title: definition.title,
    result: definition.result,
    criteria: definition.criteria,
    tests: [...tests].map((id) => {
      const test = evaluation.test(id)
      const resolved = test.object === undefined ? undefined : evaluation.resolveObject(test.object.id)
      return traceTest(test, new Set(resolved?.entities.map(({ name }) => name)))
    }),
    messages: definition.messages,
  }
}

function traceTest(test: TestResult, asked: ReadonlySet<string>): TestTrace {
  const worst = test.items.toSorted((a, b) => rank(a.result) - rank(b.result))
  return {
    id: test.id,
    testType: test.testType,
    comment: test.comment,
    check: test.check,
    checkExistence: test.checkExistence,
    result: test.result,
    object: test.object,
    items: worst.slice(0, maxItems).map(({ item, result, states }) => ({
      result,
      status: item.status,
      entities: Object.fromEntries(
        item.entities
          .filter(({ name, mask }) => asked.has(name) && mask !== true)
          .map(({ name, value }) => [name, shorten(value)]),
      ),
      line: item.line,
      states: states.flatMap((state) =>
        state.entities.map(({ name, operation, expected, found, result: outcome }) => ({
          entity: name,
          operation,
          expected: expected.slice(0, maxValues).map(shorten),
          found: found.slice(0, maxValues).map(shorten),
          result: outcome,
        })),
      ),
    })),
    itemCount: test.items.length,
    messages: test.messages,
  }
}

function rank(result: string): number {
  return ['false', 'error', 'unknown'].indexOf(result) === -1 ? 1 : 0
}

function shorten(value: string): string {
  return value.length <= maxLength ? value : `${value.slice(0, maxLength)}…`
}
