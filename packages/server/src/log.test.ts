import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'

const script = `
  import { createLog } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'log.ts')).href)}
  const log = createLog('info')
  log.info('one')
  await new Promise((resolve) => setImmediate(resolve))
  log.info('two')
  console.log('goes on')`

describe('createLog', () => {
  it('keeps no process from its work where standard error cannot be written', async (t) => {
    const full = openSync('/dev/full', 'w')
    t.after(() => closeSync(full))
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', full],
    })
    const ended = once(child, 'close')
    assert.ok(child.stdout !== null)
    assert.equal(await text(child.stdout), 'goes on\n')
    assert.deepEqual(await ended, [0, null])
  })
})
