import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAsides } from './asides.ts'
import type { Lateness } from './patience.ts'

const never = new Promise<void>(() => undefined)

test('those of whom something is kept wait aside while there is memory for it', () => {
  for (const hasRoom of [true, false]) {
    const stepAside = openAsides(10, () => hasRoom).bound((wait) => wait)
    const may = (['silent', 'stuck', 'laden'] as const).map((lateness) => stepAside(never, lateness) !== undefined)
    assert.deepEqual(may, [true, true, hasRoom])
  }
  assert.ok(openAsides(1).bound((wait) => wait)(never, 'laden'))
})

test('with a session open no more wait aside than may, each until it has a place again', async () => {
  const asides = openAsides(2, () => true)
  const places: (() => void)[] = []
  const waits = (lateness: Lateness, wait: Promise<void> = never): boolean => {
    const leavePlace = async <Value>(answer: Promise<Value>): Promise<Value> => {
      try {
        return await answer
      } finally {
        await new Promise<void>((resolve) => places.push(resolve))
      }
    }
    const aside = asides.bound(leavePlace)(wait, lateness)
    aside?.catch(() => undefined)
    return aside !== undefined
  }
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([waits('stuck', Promise.resolve()), waits('laden', Promise.reject(new Error('lost')))], [true, true])
  assert.deepEqual([waits('stuck'), waits('laden'), waits('silent')], [false, false, true])
  // They have answered, and wait for a place.
  await settled()
  assert.ok(!waits('stuck'))
  for (const free of [1, 2]) {
    places.shift()?.()
    await settled()
    assert.deepEqual([waits('stuck'), waits('stuck')], [true, false], `${free} back in their places`)
  }
})

test('none waits aside where as many sessions may be open as there are places', () => {
  const stepAside = openAsides(0).bound((wait) => wait)
  assert.equal(stepAside(never, 'stuck'), undefined)
  assert.ok(stepAside(never, 'silent'))
})
