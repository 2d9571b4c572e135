import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openOfflineRoot } from '../transports/offline-root.ts'
import { readSystemInfo } from './system-info.ts'

test('a mounted file system is called by its /etc/hostname, or by the /proc that was kept with it', async (context) => {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-names-'))
  context.after(() => rmSync(root, { recursive: true }))
  const session = openOfflineRoot(root)
  const name = async () => (await readSystemInfo(session)).primaryHostName
  assert.equal(await name(), 'unknown')
  mkdirSync(join(root, 'proc/sys/kernel'), { recursive: true })
  writeFileSync(join(root, 'proc/sys/kernel/hostname'), 'kept\n')
  assert.equal(await name(), 'kept')
  mkdirSync(join(root, 'etc'))
  writeFileSync(join(root, 'etc/hostname'), 'named\n')
  assert.equal(await name(), 'named')
  await session.close()
})
