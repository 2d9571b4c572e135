import type { TestContext } from 'node:test'
import { assertAgreement, type Exception } from './differences.ts'
import { documentsOf, testId, type TestCase } from './documents.ts'
import { askOurselves, askReferee } from './referee.ts'

/** Asserts that we and the referee give the test of each case the same result, but for documented exceptions. */
export function compareTests(
  t: TestContext,
  cases: readonly TestCase[],
  exceptions: readonly Exception<TestCase>[] = [],
): void {
  const documents = documentsOf(cases)
  const referee = askReferee(documents)
  const ours = askOurselves(documents)
  assertAgreement(
    t,
    cases.map((each, i) => ({ each, referee: referee.tests[testId(i)], ours: ours.tests[testId(i)] })),
    exceptions,
  )
}
