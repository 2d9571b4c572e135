import { test } from 'node:test'
import type { Operator, XmlWriter } from '@plumbline/scap'
import { assertAgreement } from './differences.ts'
import { definitionId, documentsOf, testId } from './documents.ts'
import type { CriteriaCase, TestCase } from './documents.ts'
import { askOurselves, askReferee, refereeSkip } from './referee.ts'

/** One test for each result that a test can have. */
const TESTS: readonly TestCase[] = [
  { items: [{ entities: [{ value: 'a' }] }] },
  { checkExistence: 'none_exist', items: [{ entities: [{ value: 'a' }] }] },
  { flag: 'error' },
  { flag: 'not collected' },
  { flag: 'not applicable' },
]
/** Definition 1 has no criteria: extending it gives `not evaluated`. */
const WITHOUT_CRITERIA = 0
const OPERATORS: readonly Operator[] = ['AND', 'OR', 'ONE', 'XOR']

interface Case {
  readonly operator: Operator
  readonly negate: boolean
  /** Numbers of tests; -1 is the definition without criteria. Negative zero is not used. */
  readonly leaves: readonly { readonly leaf: number; readonly negate: boolean }[]
}

/** All ways to choose up to three leaves, the second negated in turn. */
const LEAVES = [-1, ...TESTS.keys()]
const combinations = [
  ...LEAVES.map((leaf) => [leaf]),
  ...LEAVES.flatMap((a) => LEAVES.map((b) => [a, b])),
  ...LEAVES.flatMap((a) => LEAVES.flatMap((b) => LEAVES.map((c) => [a, b, c]))),
]
const cases: Case[] = OPERATORS.flatMap((operator) =>
  [false, true].flatMap((negate) =>
    combinations.map((leaves, n) => ({
      operator,
      negate,
      leaves: leaves.map((leaf, i) => ({ leaf, negate: i === 1 && n % 2 === 1 })),
    })),
  ),
)

function writeCriteria(writer: XmlWriter, { operator, negate, leaves }: Case): void {
  writer.open('criteria', { operator, negate })
  for (const { leaf, negate: isNegated } of leaves) {
    if (leaf === -1) {
      writer.element('extend_definition', { definition_ref: definitionId(WITHOUT_CRITERIA), negate: isNegated })
    } else {
      writer.element('criterion', { test_ref: testId(leaf), negate: isNegated })
    }
  }
  writer.close()
}

test('criteria give the verdicts of the referee', { skip: refereeSkip() }, (t) => {
  const criteria: (CriteriaCase | undefined)[] = [
    undefined,
    ...cases.map((each) => (writer: XmlWriter) => writeCriteria(writer, each)),
  ]
  const documents = documentsOf(TESTS, { criteria })
  const referee = askReferee(documents)
  const ours = askOurselves(documents)
  assertAgreement(
    t,
    cases.map((each, i) => ({
      each,
      referee: referee.definitions[definitionId(i + 1)],
      ours: ours.definitions[definitionId(i + 1)],
    })),
  )
})
