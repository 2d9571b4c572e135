import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { openSshSession } from '@plumbline/collect'
import { noSshd, startSshd } from '../../../collect/src/transports/ssh/testing/sshd.ts'
import { readFacts } from './asset-facts.ts'

const unix = 'symc-csm-AssetSystem-Asset-Unix-Machine'

/** Processes are hidden from others, a folder is closed to them, and a program says nothing but why it fails. */
const setUp = String.raw`
useradd -M -d / -s /bin/sh plain; usermod -p '*' plain
mount -t proc -o hidepid=2 proc /proc
mount -t tmpfs none /opt; mkdir -p /opt/IBM/WebSphere; chmod 700 /opt/IBM
mkdir "$F/bin"; printf '#!/bin/sh\necho no permission for the socket >&2; exit 1\n' > "$F/bin/docker"
chmod 755 "$F" "$F/bin" "$F/bin/docker"; mount --bind "$F/bin" /usr/local/bin
`

test('what an account may not look at is no fact of the asset, and nor is an error', { skip: noSshd }, async (t) => {
  const server = await startSshd({ setUp })
  t.after(() => server.stop())
  const known = async (user: string): Promise<unknown> => {
    const session = await openSshSession({ target: server.hop(user), hostKeys: server.hostKeys })
    try {
      const facts = await readFacts(session)
      const names = ['OSSystem', 'DockerVersion', 'IsWASInstalled', 'IsTomcatRunning']
      return names.map((name) => facts[`${unix}-${name}`])
    } finally {
      await session.close()
    }
  }
  assert.deepEqual(await known('root'), ['Linux', undefined, 'False', 'False'])
  assert.deepEqual(await known('plain'), ['Linux', undefined, undefined, undefined])
  const idle = ['-e', 'setTimeout(() => {}, 60_000)', 'org.apache.catalina.startup.Bootstrap']
  const tomcat = spawn(process.execPath, idle, { stdio: 'ignore' })
  t.after(() => tomcat.kill('SIGKILL'))
  await once(tomcat, 'spawn')
  assert.deepEqual(await known('root'), ['Linux', undefined, 'False', 'True'])
})
