import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAlarm } from './alarm.ts'

const long = 60_000

async function isAwake(sleep: Promise<void>): Promise<boolean> {
  let awake = false
  void sleep.then(() => (awake = true))
  await new Promise((resolve) => setImmediate(resolve))
  return awake
}

test('a sleep ends when its time is over', async () => {
  await createAlarm().sleep(1)
})

test('a sleep ends when somebody wakes it, and the next one is as long as it is to be', async () => {
  const alarm = createAlarm()
  const first = alarm.sleep(long)
  assert.equal(await isAwake(first), false)
  alarm.wake()
  assert.equal(await isAwake(first), true)
  const second = alarm.sleep(long)
  assert.equal(await isAwake(second), false)
  alarm.wake()
})

test('what wakes nobody is kept for the next sleep, once', async () => {
  const alarm = createAlarm()
  alarm.wake()
  alarm.wake()
  assert.equal(await isAwake(alarm.sleep(long)), true)
  const second = alarm.sleep(long)
  assert.equal(await isAwake(second), false)
  alarm.wake()
})
