import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'

/** A documented difference: the cases it covers, and where in the specification our side stands. */
export interface Exception<T> {
  readonly clause: string
  covers(each: T, referee: string): boolean
}

/**
 * Asserts that all verdicts are equal but for documented exceptions, and that every exception is still needed: one
 * that covers no difference any more is to be removed.
 */
export function assertAgreement<T>(
  t: TestContext,
  cases: readonly { readonly each: T; readonly referee: string | undefined; readonly ours: string | undefined }[],
  exceptions: readonly Exception<T>[] = [],
): void {
  assert.ok(cases.length > 0)
  assert.ok(
    cases.every(({ referee }) => referee !== undefined),
    'the referee has no verdict for some case',
  )
  const different = cases.filter(({ referee, ours }) => referee !== ours)
  const covering = (each: T, referee: string) => exceptions.find((exception) => exception.covers(each, referee))
  const unexplained = different.filter(({ each, referee }) => covering(each, referee!) === undefined)
  assert.deepEqual(unexplained.slice(0, 5), [], `${unexplained.length} of ${cases.length} differ`)
  const used = new Set(different.map(({ each, referee }) => covering(each, referee!)))
  assert.deepEqual(
    exceptions.filter((exception) => !used.has(exception)).map(({ clause }) => clause),
    [],
    'exceptions that no case needs',
  )
  t.diagnostic(`${cases.length} cases, ${different.length} of them documented differences`)
}
