import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { outcomeNames } from './outcomes.ts'
import { carrySince, packSince, unpackSince } from './verdicts-since.ts'

test('a verdict keeps its instant as long as it is the same, whatever happens to the list of rules', () => {
  const step = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom(...outcomeNames))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const expected = new Map<string, { outcome: string; since: number }>()
      let before: Parameters<typeof carrySince>[0]
      for (const [seconds, outcomes] of steps.entries()) {
        const now = { ruleIds: Object.keys(outcomes), outcomes: Object.values(outcomes) }
        const since = carrySince(before, now, seconds)
        for (const id of [...expected.keys()]) if (outcomes[id] === undefined) expected.delete(id)
        for (const [id, outcome] of Object.entries(outcomes)) {
          if (expected.get(id)?.outcome !== outcome) expected.set(id, { outcome, since: seconds })
        }
        assert.deepEqual(
          since,
          now.ruleIds.map((id) => expected.get(id)?.since),
        )
        before = { contentDigest: '', ...now, since }
      }
    }),
  )
})

test('instants unpack to what they were', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 })), (since) => {
      assert.deepEqual(unpackSince(packSince(since)), since)
    }),
  )
})
