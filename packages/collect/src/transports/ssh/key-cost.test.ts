import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { whyUnusable } from './credentials.ts'
import { whyTooCostly } from './key-cost.ts'

const missing = (['ssh-keygen', 'openssl'] as const).filter((program) => spawnSync(program, ['-?']).error !== undefined)
const skip = missing.length === 0 ? false : `there is no ${missing.join(', no ')}`

test('a key whose passphrase takes long is refused before it is tried, others are not', { skip }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-key-cost-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const plain = join(folder, 'plain')
  const openssl = (...words: string[]): string => execFileSync('openssl', words, { encoding: 'utf8', stdio: 'pipe' })
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', plain)
  const pkcs8 = (...how: string[]): string =>
    openssl('pkcs8', '-topk8', '-in', plain, '-passout', 'pass:secret', ...how)
  const path = join(folder, 'openssh')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-a', '16', '-N', 'secret', '-f', path])
  const openssh = readFileSync(path, 'utf8')
  const usable = [pkcs8(), pkcs8('-scrypt'), pkcs8('-v1', 'PBE-SHA1-3DES'), pkcs8('-iter', '1000000'), openssh]
  for (const text of usable) assert.equal(whyUnusable({ name: 'k', text, passphrase: 'secret' }), undefined)

  // As many as nobody would make to try: the number in a key is changed.
  const rounds = Buffer.from(openssh.replace(/-----.*-----|\n/g, ''), 'base64')
  const at = rounds.indexOf('bcrypt') + 'bcrypt'.length + 4 + 4 + 16
  assert.equal(rounds.readUInt32BE(at), 16)
  rounds.writeUInt32BE(4_000_000_000, at)
  const endless = `-----BEGIN OPENSSH PRIVATE KEY-----\n${rounds.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`
  const why = (text: string): string | undefined => whyUnusable({ name: 'k', text, passphrase: 'secret' })
  assert.match(why(endless) ?? '', /^cannot use the key k: its passphrase takes 4000000000 rounds, more than 128; /)
  assert.match(why(pkcs8('-iter', '2000001')) ?? '', /its passphrase takes more than 2000000 iterations/)
  const scrypt = ['-scrypt', '-scrypt_N', '16384', '-scrypt_r', '8', '-scrypt_p', '16']
  assert.match(why(pkcs8(...scrypt)) ?? '', /more than 2000000 iterations/)
})

test('what is no key costs nothing', () => {
  const form = fc.constantFrom('OPENSSH', 'ENCRYPTED')
  fc.assert(
    fc.property(form, fc.uint8Array({ maxLength: 200 }), (name, bytes) => {
      const body = Buffer.from(bytes).toString('base64')
      const why = whyTooCostly(`-----BEGIN ${name} PRIVATE KEY-----\n${body}\n-----END ${name} PRIVATE KEY-----`)
      assert.ok(why === undefined || why.startsWith('its passphrase takes'))
    }),
  )
})
