import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const help = `Usage: npm run conformance:roots -- DIR

Makes the roots that \`npm run conformance\` looks at, each a folder below DIR, unless it is there already. Needs root,
debootstrap and a Debian mirror; \`PLUMBLINE_DEBIAN_MIRROR\` names another than deb.debian.org.
`

/** What is scanned there, and what scans it. */
const everywhere = ['openscap-scanner', 'openssh-server', 'sudo']
const roots = [
  { name: 'bookworm', suite: 'bookworm', packages: everywhere },
  {
    name: 'bookworm-server',
    suite: 'bookworm',
    packages: [
      ...everywhere,
      'apparmor',
      'auditd',
      'chrony',
      'cron',
      'dbus',
      'grub2-common',
      'iproute2',
      'libpam-pwquality',
      'linux-base',
      'nftables',
      'procps',
      'rsyslog',
      'systemd-sysv',
    ],
  },
  { name: 'trixie', suite: 'trixie', packages: everywhere },
] as const

const mirror = process.env['PLUMBLINE_DEBIAN_MIRROR'] ?? 'http://deb.debian.org/debian'
const [folder] = process.argv.slice(2)
if (folder === undefined || folder.startsWith('-')) {
  process.stdout.write(help)
  process.exit(folder === '--help' ? 0 : 1)
}

mkdirSync(resolve(folder), { recursive: true })
for (const { name, suite, packages } of roots) {
  const root = join(resolve(folder), name)
  if (existsSync(join(root, 'usr/bin/oscap'))) continue
  run('debootstrap', '--variant=minbase', suite, root, mirror)
  run('chroot', root, 'apt-get', 'update')
  run('chroot', root, 'apt-get', 'install', '--yes', '--no-install-recommends', ...packages)
  run('chroot', root, 'apt-get', 'clean')
  // Every booted system has it; without it the referee's walks over local file systems find nothing.
  run('ln', '-sfn', '../proc/self/mounts', join(root, 'etc/mtab'))
}

function run(program: string, ...parameters: readonly string[]): void {
  const { status, signal, error } = spawnSync(program, parameters, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status !== 0) throw new Error(`${program} ended with ${error?.message ?? signal ?? String(status)}`)
}
