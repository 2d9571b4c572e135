import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noSshd } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { scanMany } from './many-assets.ts'

test(
  'many assets: no more sessions at once than are configured, and a failure is its own asset’s',
  { skip: noSshd, timeout: 280_000 },
  async (t) => {
    const { status, outcomes, mostAtOnce, connections, seconds, memory } = await scanMany({
      good: 36,
      refused: 3,
      closed: 1,
      sessions: 4,
    })
    assert.equal(status, 'Completed with errors')
    assert.deepEqual(outcomes, { completed: 36, 'failed: auth-refused': 3, 'failed: connection-refused': 1 })
    // Each good and each refused asset was connected to once, four at a time and never more.
    assert.equal(connections, 39)
    assert.equal(mostAtOnce, 4)
    t.diagnostic(`${seconds.toFixed(1)} s, ${memory.at(-1)?.megabytes} MB at the end`)
  },
)
