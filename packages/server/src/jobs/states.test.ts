import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  assetMoves,
  assetStatesBefore,
  hasEnded,
  openAssetStates,
  runMoves,
  runStatusesBefore,
  statusByAssets,
} from './states.ts'
import type { AssetState, RunStatus } from './states.ts'

const runStatuses = Object.keys(runMoves) as RunStatus[]
const assetStates = Object.keys(assetMoves) as AssetState[]

test('a run is moved by nothing but the table, and never after it ended', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...runStatuses), { maxLength: 30 }), (wishes) => {
      let status: RunStatus = 'Queued'
      for (const wish of wishes) {
        // What the statement does: set the wish where the present state is one of those before it.
        const before: RunStatus = status
        if (runStatusesBefore(wish).includes(status)) status = wish
        assert.ok(status === before || (runMoves[before] as readonly string[]).includes(status))
        assert.ok(!hasEnded(before) || status === before)
      }
    }),
  )
})

test('an asset is moved by nothing but the table, and never after it ended', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...assetStates), { maxLength: 40 }), (wishes) => {
      let state: AssetState = 'waiting'
      for (const wish of wishes) {
        const before: AssetState = state
        if (assetStatesBefore(wish).includes(state)) state = wish
        assert.ok(state === before || (assetMoves[before] as readonly string[]).includes(state))
        assert.ok(openAssetStates.includes(before) || state === before)
      }
    }),
  )
})

test('every state is reached from the first and every open state can end', () => {
  const reachable = (from: string, moves: Record<string, readonly string[]>): string[] => {
    const seen = new Set([from])
    for (const state of seen) for (const next of moves[state] ?? []) seen.add(next)
    return [...seen].toSorted()
  }
  assert.deepEqual(reachable('Queued', runMoves), runStatuses.toSorted())
  assert.deepEqual(reachable('waiting', assetMoves), assetStates.toSorted())
  for (const state of openAssetStates) assert.ok(assetMoves[state].some((next) => !openAssetStates.includes(next)))
})

const outcomes: readonly [completed: number, failed: number, status: RunStatus][] = [
  [0, 0, 'Failed'],
  [3, 0, 'Completed'],
  [2, 1, 'Completed with errors'],
  [0, 3, 'Failed'],
]
for (const [completed, failed, status] of outcomes) {
  test(`${completed} completed and ${failed} failed assets make a run ${status}`, () => {
    assert.equal(statusByAssets({ completed, failed }), status)
  })
}
