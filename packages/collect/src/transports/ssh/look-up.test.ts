import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { lookUpAside } from './look-up.ts'

const lookUp = (name: string, signal = new AbortController().signal): Promise<LookupAddress[]> =>
  (promisify(lookUpAside(signal)) as (name: string, options: object) => Promise<LookupAddress[]>)(name, { all: true })

test('a name has its addresses, and one that nobody knows is told from one that could not be asked for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-look-up-'))
  const path = process.env['PATH']
  try {
    for (const { address, family } of await lookUp('localhost')) {
      assert.ok(address === '127.0.0.1' ? family === 4 : family === 6 && address === '::1', address)
    }
    await assert.rejects(lookUp('no-such-host.invalid'), { code: 'ENOTFOUND' })
    await assert.rejects(lookUp('-s'), { code: 'ENOTFOUND' })
    const gone = new AbortController()
    gone.abort()
    await assert.rejects(lookUp('localhost', gone.signal), { code: 'ABORT_ERR' })
    // A getent that cannot be started, and none.
    process.env['PATH'] = folder
    writeFileSync(join(folder, 'getent'), '', { mode: 0o644 })
    await assert.rejects(lookUp('localhost'), { code: 'EACCES' })
    rmSync(join(folder, 'getent'))
    assert.ok((await lookUp('localhost')).length > 0)
  } finally {
    process.env['PATH'] = path
    rmSync(folder, { recursive: true })
  }
})
