import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadCertificate } from './certificate.ts'
import { readConfig } from './config.ts'

const folder = (): string => mkdtempSync(join(tmpdir(), 'plumbline-tls-'))

test('servers that make their certificate at once all have the one that is kept', async (t) => {
  const data = folder()
  t.after(() => rmSync(data, { recursive: true }))
  const config = readConfig({ data }, {})
  const made = await Promise.all(Array.from({ length: 8 }, () => loadCertificate(config)))
  assert.equal(new Set(made.map(({ fingerprint }) => fingerprint)).size, 1)
  assert.deepEqual(await loadCertificate(config), made[0])
  assert.deepEqual(readdirSync(data), ['tls'], 'nothing else is left')
})

test('certificate and key on disk belong together after one of the two was lost', async (t) => {
  for (const lost of ['certificate.pem', 'key.pem']) {
    const data = folder()
    t.after(() => rmSync(data, { recursive: true }))
    const config = readConfig({ data }, {})
    await loadCertificate(config)
    rmSync(join(data, 'tls', lost))
    const made = await loadCertificate(config)
    const read = (name: string): string => readFileSync(join(data, 'tls', name), 'utf8')
    assert.deepEqual([read('certificate.pem'), read('key.pem')], [made.cert, made.key], lost)
    assert.ok(new X509Certificate(made.cert).checkPrivateKey(createPrivateKey(made.key)), lost)
  }
})
