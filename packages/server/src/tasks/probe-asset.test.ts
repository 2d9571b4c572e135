import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { noSshd } from '../../../collect/src/transports/ssh/testing/sshd.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { addAsset, addFolder } from '../store/testing.ts'
import { assetProbe } from './probe-asset.ts'
import type { ProbeStep } from './probe-asset.ts'
import { createStandardLibrary } from './standards.ts'

const signal = new AbortController().signal

describeOnBothDatabases('a test of a connection', (withDatabase) => {
  test('says which step failed: the name, the connection, or what answers there', () =>
    withDatabase(async (database) => {
      const folder = await addFolder(database.kysely, 'Asset System')
      const probe = assetProbe({
        database,
        openSession: () => Promise.reject(new Error('it does not come so far')),
        standards: createStandardLibrary(() => Promise.reject(new Error('no standard is asked about'))),
      })
      const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'.padEnd(5000, '.')))
      await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
      const { port } = web.address() as AddressInfo
      const last = async (name: string, host: string): Promise<readonly [ProbeStep | undefined, string[]]> => {
        const address = { transport: 'ssh', host, port } as const
        const found = await probe({ assetId: await addAsset(database.kysely, folder, { name, address }) }, signal)
        const steps = found?.steps ?? []
        assert.deepEqual([steps.slice(0, -1).every(({ ok }) => ok), steps.at(-1)?.ok], [true, false])
        return [steps.at(-1), steps.map(({ step }) => step)]
      }
      try {
        const [unknown, one] = await last('a', 'no-such-host.invalid')
        assert.deepEqual(one, ['name'])
        assert.match(unknown?.text ?? '', /the name no-such-host.invalid is not known here; check it/)
        const [other, three] = await last('b', '127.0.0.1')
        assert.deepEqual(three, ['name', 'connect', 'ssh'])
        assert.match(other?.text ?? '', /what listens at 127.0.0.1 port \d+ does not speak SSH: it says something else/)
      } finally {
        web.close()
      }
    }))
})

test('a name server that does not answer is given up', { skip: noSshd }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-names-'))
  try {
    writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:5 attempts:1\n')
    const file = new URL('probe-asset.ts', import.meta.url).href
    // The name server listens, and that is all it does.
    const script = `
      import { createSocket } from 'node:dgram'
      import { once } from 'node:events'
      import { resolveName } from '${file}'
      await once(createSocket('udp4').bind(53, '127.0.0.1'), 'listening')
      await resolveName('web-3.example.org', new AbortController().signal, 700).catch((error) => console.log(error.message))
      process.exit()`
    const setUp = 'ip link set lo up && mount --bind "$F/resolv.conf" /etc/resolv.conf && exec "$@"'
    const said = execFileSync(
      'unshare',
      ['--net', '--mount', 'sh', '-c', setUp, 'sh', process.execPath, '--input-type=module', '-e', script],
      { env: { ...process.env, F: folder }, encoding: 'utf8', timeout: 20_000 },
    )
    assert.match(said, /nobody says within 0.7 s which address web-3.example.org has; check the name servers/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
