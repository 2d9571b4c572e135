import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createVault, loadMasterKey } from './vault.ts'

const secret = { password: 'a secret: ünïcode' }

test('what is sealed opens with the same key for the same purpose, and is nowhere to be read', () => {
  const vault = createVault(randomBytes(32))
  const sealed = vault.seal(secret, 'credential 1')
  assert.deepEqual(vault.open(sealed, 'credential 1'), secret)
  assert.ok(!Buffer.from(sealed).includes('secret'))
  assert.notDeepEqual(vault.seal(secret, 'credential 1'), sealed, 'a nonce is never used twice')
})

test('another purpose, another key and every changed byte are refused', () => {
  const vault = createVault(randomBytes(32))
  const sealed = vault.seal(secret, 'credential 1')
  assert.throws(() => vault.open(sealed, 'credential 2'), /was changed/)
  assert.throws(() => createVault(randomBytes(32)).open(sealed, 'credential 1'), /another master key/)
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Uint8Array.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.throws(() => vault.open(changed, 'credential 1'), { name: 'VaultError' }, `byte ${at}`)
  }
  assert.throws(() => vault.open(new Uint8Array(), 'credential 1'), { name: 'VaultError' })
})

test('the master key is made once, in a file that only its owner may read', (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'plumbline-vault-'))
  t.after(() => rmSync(dataDirectory, { recursive: true }))
  const made = loadMasterKey({ dataDirectory, masterKey: undefined })
  assert.equal(made.length, 32)
  assert.deepEqual(loadMasterKey({ dataDirectory, masterKey: undefined }), made)
  assert.equal(statSync(join(dataDirectory, 'master.key')).mode & 0o777, 0o600)
  assert.deepEqual(loadMasterKey({ dataDirectory, masterKey: Buffer.from(made).toString('base64') }), made)
  assert.throws(() => loadMasterKey({ dataDirectory, masterKey: 'short' }), /PLUMBLINE_MASTER_KEY must hold 32 bytes/)
})
