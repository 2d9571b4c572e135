import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { StdioPipe } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'

const commands = ['main.ts', 'oscap/main.ts']

async function help(entry: string, stdout: StdioPipe | number): Promise<{ status: unknown; said: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, entry), '--help'], {
    stdio: ['ignore', stdout, 'pipe'],
  })
  child.stdout?.destroy()
  const ended = once(child, 'close')
  assert.ok(child.stderr !== null)
  const said = await text(child.stderr)
  const [status] = await ended
  return { status, said }
}

describe('output that is not taken', () => {
  for (const entry of commands) {
    it(`${entry}: a reader that has seen enough is no failure`, async () => {
      assert.deepEqual(await help(entry, 'pipe'), { status: 0, said: '' })
    })

    it(`${entry}: a full disk is told, with status 1`, async (t) => {
      const full = openSync('/dev/full', 'w')
      t.after(() => closeSync(full))
      const said = 'standard output could not be written: ENOSPC: no space left on device, write\n'
      assert.deepEqual(await help(entry, full), { status: 1, said })
    })
  }
})
