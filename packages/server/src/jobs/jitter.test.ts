import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { jitterSeconds } from './jitter.ts'

test('jitter is the same for a run and an asset, and another in another run', () => {
  const [run, next, asset] = [randomUUID(), randomUUID(), randomUUID()]
  assert.equal(jitterSeconds(run, asset, 2 ** 30), jitterSeconds(run, asset, 2 ** 30))
  assert.notEqual(jitterSeconds(run, asset, 2 ** 30), jitterSeconds(next, asset, 2 ** 30))
})

test('jitter has a bound, and no second has many more than its share', () => {
  const run = randomUUID()
  const bySecond = new Array<number>(31).fill(0)
  for (let asset = 0; asset < 31_000; asset += 1) {
    const seconds = jitterSeconds(run, String(asset), 30)
    bySecond[seconds] = (bySecond[seconds] ?? NaN) + 1
  }
  assert.equal(bySecond.length, 31)
  // A thousand each; eight standard deviations either way.
  for (const count of bySecond) assert.ok(count > 750 && count < 1250, `${count}`)
})

test('there is no jitter where none is wanted', () => assert.equal(jitterSeconds(randomUUID(), randomUUID(), 0), 0))
