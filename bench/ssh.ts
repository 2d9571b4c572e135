import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { startNamespaceHost } from '../e2e/namespace-host.ts'
import type { NamespaceHost } from '../e2e/namespace-host.ts'
import { makeKey } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { isInstalled, measure, median, plumbline } from './lib/scanners.ts'
import type { Cost } from './lib/scanners.ts'

/**
 * A scan over SSH, in turn with `oscap-ssh`, of one machine in a network namespace: BENCH_CHROOT, a root with an SSH server
 * and oscap in it; BENCH_STREAM and BENCH_PROFILE say what for. oscap runs there as fast as it can (SEXP_VALIDATE_DISABLE).
 */
const root = process.env['BENCH_CHROOT'] ?? ''
const stream = process.env['BENCH_STREAM'] ?? '/usr/share/xml/scap/ssg/content/ssg-debian12-ds.xml'
const profile = process.env['BENCH_PROFILE'] ?? 'cis_level2_server'
const rounds = Number(process.env['BENCH_ROUNDS'] ?? '3')

interface Remote extends Cost {
  readonly bytes: number
  /** Of the target, for all that ran there. */
  readonly cpuSecondsThere: number
}

export async function run(): Promise<void> {
  if (!existsSync(join(root, 'usr/bin/oscap')) || !existsSync(stream) || !isInstalled('oscap-ssh')) {
    process.stdout.write('needs BENCH_CHROOT (a root with openssh-server and oscap), BENCH_STREAM and oscap-ssh\n')
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'))
  const key = join(folder, 'client')
  makeKey(key)
  const host = await startNamespaceHost({
    name: 'bench',
    root,
    clientKey: readFileSync(`${key}.pub`, 'utf8').trim(),
    settings: ['SetEnv SEXP_VALIDATE_DISABLE=1', 'Subsystem sftp internal-sftp'],
  })
  try {
    const options = ['-i', key, '-o', 'StrictHostKeyChecking=no', '-o', `UserKnownHostsFile=${join(folder, 'known')}`]
    const filesThere = (): string =>
      execFileSync('ssh', [...options, `root@${host.address}`, listing], { encoding: 'utf8', maxBuffer: 1 << 28 })
    const address = `ssh://root@${host.address}?identity=${encodeURIComponent(key)}`
    const ours = plumbline(
      ...['scan', '--asset', address, '--known-hosts', join(folder, 'ours-known'), '--host-key', 'accept-new'],
      ...['--no-agent', '--profile', profile, '--arf', join(folder, 'ours.xml'), stream],
    )
    const theirs = ['oscap-ssh', `root@${host.address}`, '22', 'xccdf', 'eval', '--profile', profile]
    theirs.push('--results-arf', join(folder, 'theirs.xml'), stream)
    const found: { ours: Remote[]; theirs: Remote[] } = { ours: [], theirs: [] }
    let isUnchanged = true
    for (let round = 0; round < rounds; round += 1) {
      // oscap-ssh leaves its mark: a folder comes and goes in /tmp.
      const before = filesThere()
      found.ours.push(await withBytes(host, () => measure(ours)))
      isUnchanged &&= filesThere() === before
      const environment = { SSH_ADDITIONAL_OPTIONS: options.join(' ') }
      found.theirs.push(await withBytes(host, () => measure(theirs, environment)))
    }
    const [one, other] = [median(found.ours), median(found.theirs)] as [Remote, Remote]
    process.stdout.write(`${basename(stream)}, ${profile}, medians of ${rounds}, in turn\n`)
    for (const [name, cost] of [
      ['plumbline scan over SSH', one],
      ['oscap-ssh', other],
    ] as const) {
      process.stdout.write(
        `${name.padEnd(24)} ${cost.wallSeconds.toFixed(2)} s wall, ${cost.cpuSeconds.toFixed(2)} s CPU here, ${cost.cpuSecondsThere.toFixed(2)} s there, ${(cost.bytes / 1e6).toFixed(2)} MB both ways\n`,
      )
    }
    process.stdout.write(
      `wall: ${(one.wallSeconds / other.wallSeconds).toFixed(2)} of oscap-ssh (wanted: at most 0.50)\n`,
    )
    const cpu = (cost: Remote): number => cost.cpuSeconds + cost.cpuSecondsThere
    process.stdout.write(`CPU, here and there: ${(cpu(one) / cpu(other)).toFixed(2)} of oscap-ssh\n`)
    process.stdout.write(`bytes: ${(one.bytes / 1e6).toFixed(2)} MB (wanted: at most 2)\n`)
    process.stdout.write(`files of the target before and after ours: ${isUnchanged ? 'the same' : 'NOT the same'}\n`)
  } finally {
    host.stop()
    rmSync(folder, { recursive: true })
  }
}

/** All of its disk but what the SSH server itself notes about logins. */
const listing = `find / -xdev -path /proc -prune -o -not -path '/var/log/[wb]tmp' -not -path '/var/log/lastlog' -not -name log -printf '%p %s %T@ %m %U\\n' | LC_ALL=C sort`

async function withBytes(host: NamespaceHost, act: () => Cost): Promise<Remote> {
  const count = (): number =>
    ['rx_bytes', 'tx_bytes']
      .map((name) => Number(readFileSync(`/sys/class/net/${host.link}/statistics/${name}`, 'utf8')))
      .reduce((sum, one) => sum + one)
  const [before, cpuBefore] = [count(), await host.cpuSeconds()]
  const cost = act()
  return { ...cost, bytes: count() - before, cpuSecondsThere: (await host.cpuSeconds()) - cpuBefore }
}
