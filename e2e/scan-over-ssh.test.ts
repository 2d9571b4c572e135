import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { collect, openLocalSession, openSshSession } from '@plumbline/collect'
import { evaluateBenchmark, planCollection, resolveProfile } from '@plumbline/scap'
import { startRelay } from '../packages/collect/src/transports/ssh/testing/relay.ts'
import { noSshd, startSshd, type TestServer } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { planOfAll, readStream, streams, verdictsOf } from './every-profile.ts'

const main = join(import.meta.dirname, '../packages/cli/src/main.ts')

describe('a scan over SSH', { skip: noSshd }, () => {
  let server: TestServer
  let folder: string
  before(async () => {
    server = await startSshd({ settings: ['MaxStartups 100'] })
    folder = mkdtempSync(join(tmpdir(), 'plumbline-scan-'))
  })
  after(() => {
    server.stop()
    rmSync(folder, { recursive: true })
  })

  for (const { name, content } of streams()) {
    test(`of every profile of ${name} has the verdicts of the scan on the machine itself, in few round trips`, async () => {
      const now = new Date()
      const session = await openSshSession({ asset: 'this machine', target: server.hop(), hostKeys: server.hostKeys })
      try {
        const [remote, local] = [
          await collect(session, planOfAll(content), { now }),
          await collect(openLocalSession(), planOfAll(content), { now }),
        ]
        assert.deepEqual(verdictsOf(content, remote, now), verdictsOf(content, local, now))
        const { roundTrips, bytesSent, bytesReceived } = session.traffic()
        assert.ok(roundTrips <= 12, `${roundTrips} round trips`)
        assert.ok(bytesSent + bytesReceived < 2_000_000, `${bytesSent + bytesReceived} bytes`)
      } finally {
        await session.close()
      }
    })
  }

  // A machine that says it is Ubuntu 22.04: its profile of 273 rules then applies to it. Rules ask for files of every home.
  const ubuntuWithHomes = `printf 'DISTRIB_ID=Ubuntu\\nDISTRIB_CODENAME=jammy\\n' > /etc/lsb-release
mount -t tmpfs none /home
for id in $(seq 2000 2039); do
  echo "user$id:x:$id:$id::/home/user$id:/bin/sh" >> /etc/passwd
  mkdir -p /home/user$id/.cache
  touch /home/user$id/.profile
  ln -s .profile /home/user$id/.bashrc
done
mv /home/user2039 /home/elsewhere
ln -s elsewhere /home/user2039`
  const ubuntu = '/usr/share/xml/scap/ssg/content/ssg-ubuntu2204-ds.xml'
  const noUbuntu = existsSync(ubuntu) || process.env['CI'] === 'true' ? false : 'ssg-debderived is not installed'
  test('waits for a far machine at most twelve times after the login', { skip: noUbuntu }, async (t) => {
    const far = await startSshd({ setUp: ubuntuWithHomes })
    t.after(() => far.stop())
    const content = readStream(ubuntu)
    const profile = resolveProfile(content.benchmark, 'cis_level2_server', undefined)
    assert.equal(profile.rules.filter(({ selected }) => selected).length, 273)
    const plan = planCollection(content, profile)
    const scan = async (delayMs: number): Promise<string> => {
      const relay = await startRelay(far.port, delayMs / 2)
      try {
        const session = await openSshSession({
          target: { ...far.hop(), port: relay.port },
          hostKeys: { knownTypes: () => [], check: () => 'approved', approve: () => undefined },
        })
        const now = new Date()
        const { rules } = evaluateBenchmark(content, profile, await collect(session, plan, { now }), { now })
        assert.ok(rules.filter(({ result }) => result === 'pass' || result === 'fail').length > 50)
        const { roundTrips, bytesSent, bytesReceived } = session.traffic()
        await session.close()
        assert.ok(roundTrips <= 12, `${roundTrips} round trips`)
        assert.ok(bytesSent + bytesReceived < 2_000_000, `${bytesSent + bytesReceived} bytes`)
        return `${delayMs} ms: ${roundTrips} round trips, ${bytesSent} bytes sent, ${bytesReceived} received`
      } finally {
        relay.stop()
      }
    }
    for (const line of await Promise.all([50, 200].map(scan))) t.diagnostic(line)
  })

  // The longest profiles of Debian's packages; of a walk, it is the depth that counts and not the size of this machine's disk.
  const rhel = '/usr/share/xml/scap/ssg/content/ssg-rhel9-ds.xml'
  const noRhel = existsSync(rhel) || process.env['CI'] === 'true' ? false : 'ssg-nondebian is not installed'
  test('of the longest profiles waits at most twelve times after the login', { skip: noRhel }, async (t) => {
    const far = await startSshd({
      setUp: 'for folder in /home /opt /root /srv; do ! test -d $folder || mount -t tmpfs none $folder; done',
    })
    t.after(() => far.stop())
    const content = readStream(rhel)
    for (const [id, count] of [
      ['cis', 301],
      ['stig', 497],
    ] as const) {
      const profile = resolveProfile(content.benchmark, id, undefined)
      assert.equal(profile.rules.filter(({ selected }) => selected).length, count)
      const session = await openSshSession({ target: far.hop(), hostKeys: far.hostKeys })
      const now = new Date()
      const { rules } = evaluateBenchmark(
        content,
        profile,
        await collect(session, planCollection(content, profile), { now }),
        { now },
      )
      const { roundTrips, bytesSent, bytesReceived } = session.traffic()
      await session.close()
      assert.ok(rules.filter(({ result }) => result === 'pass' || result === 'fail').length > 50)
      assert.ok(roundTrips <= 12, `${id}: ${roundTrips} round trips`)
      t.diagnostic(`${id}: ${roundTrips} round trips, ${bytesSent} bytes sent, ${bytesReceived} received`)
    }
  })

  test('of an inventory gives a summary and a file for each asset; one that fails keeps nobody waiting', async () => {
    const inventory = join(folder, 'hosts.ini')
    const key = join(server.folder, 'client')
    writeFileSync(
      inventory,
      `[all:vars]
ansible_host=127.0.0.1
ansible_port=${server.port}
ansible_user=root
ansible_ssh_private_key_file=${key}
[web]
web-[1:2]
[dead]
gone ansible_port=1
`,
    )
    const run = await plumbline(
      ...['scan', '--inventory', inventory, '--known-hosts', join(server.folder, 'known_hosts'), '--no-agent'],
      ...['--profile', 'essential', '--json', join(folder, 'results'), '--stats'],
    )
    assert.equal(run.status, 1, run.stderr)
    assert.match(run.stdout, /^web-1 +\d+ +\d+ +\d+ +[\d.]+$/m)
    assert.match(run.stdout, /^gone +- .*connection-refused: nothing listens at \[127.0.0.1\]:1/m)
    assert.match(run.stdout, /2 of 3 assets scanned/)
    assert.deepEqual(readdirSync(join(folder, 'results')).toSorted(), ['web-1.json', 'web-2.json'])
    assert.match(run.stderr, /"asset":"web-2".*"roundTrips":\d+,"bytesSent":\d+,"bytesReceived":\d+/)
  })

  test('of one asset says in a line why it cannot be', async () => {
    const address = `ssh://root@127.0.0.1:${server.port}?identity=${join(server.folder, 'client')}`
    const unknown = await plumbline('scan', '--asset', address, '--known-hosts', join(folder, 'none'), '--no-agent')
    assert.deepEqual([unknown.status, unknown.stdout], [1, ''])
    assert.match(
      unknown.stderr,
      /^plumbline: host-key-unknown: no host key is approved for \[127.0.0.1\]:\d+: it shows ssh-ed25519 SHA256:/,
    )
    const nothing = await plumbline('scan', '--asset', 'ssh://root@127.0.0.1', '--no-agent')
    assert.match(nothing.stderr, /nothing to log in to 127.0.0.1 with/)
  })
})

function plumbline(
  ...parameters: readonly string[]
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
}
