import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { complianceScore, countOutcomes, countVerdicts, packOutcomes, unpackOutcomes, verdictOf } from './outcomes.ts'
import type { Outcome, OutcomeCounts } from './outcomes.ts'

const outcome = fc.constantFrom(...(Object.keys(verdictOf) as Outcome[]))

const scores: readonly [counts: OutcomeCounts, score: number | null][] = [
  [{}, null],
  [{ notapplicable: 3, notchecked: 1, informational: 2 }, null],
  [{ pass: 4 }, 100],
  [{ fail: 4 }, 0],
  [{ pass: 1, fixed: 1, fail: 1, unknown: 1 }, 50],
  [{ pass: 3, error: 1, notapplicable: 9 }, 75],
]
for (const [counts, score] of scores) {
  test(`the score of ${JSON.stringify(counts)} is ${score}`, () => assert.equal(complianceScore(counts), score))
}

test('packed outcomes unpack to what they were, one byte a rule', () => {
  fc.assert(
    fc.property(fc.array(outcome), (outcomes) => {
      const packed = packOutcomes(outcomes)
      assert.equal(packed.length, outcomes.length)
      assert.deepEqual(unpackOutcomes(packed), outcomes)
    }),
  )
})

test('every rule but a not selected one is in exactly one bucket', () => {
  fc.assert(
    fc.property(fc.array(outcome), (outcomes) => {
      const total = Object.values(countVerdicts(countOutcomes(outcomes))).reduce((sum, count) => sum + count, 0)
      assert.equal(total, outcomes.filter((one) => one !== 'notselected').length)
    }),
  )
})
