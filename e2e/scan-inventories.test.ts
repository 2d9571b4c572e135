import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { noSshd, startSshd, type TestServer } from '../packages/collect/src/transports/ssh/testing/sshd.ts'

const main = join(import.meta.dirname, '../packages/cli/src/main.ts')
const accounts = String.raw`
useradd -M -d / -s /bin/sh free
useradd -M -d / -s /bin/sh plain
usermod -p '*' free; usermod -p '*' plain
printf 'free ALL=(ALL) NOPASSWD: ALL\n' > /etc/sudoers.d/plumbline
chmod 440 /etc/sudoers.d/plumbline
chmod 755 "$F"; chmod 644 "$F/authorized"
`
/** The rule that looks at what only the administrator may read. */
const shadow = /account_no_empty_password$/

describe('a scan of several assets', { skip: noSshd }, () => {
  let server: TestServer
  let folder: string
  let key: string
  before(async () => {
    server = await startSshd({ setUp: accounts, settings: ['MaxStartups 100'] })
    folder = mkdtempSync(join(tmpdir(), 'plumbline-inventories-'))
    key = join(server.folder, 'client')
  })
  after(() => {
    server.stop()
    rmSync(folder, { recursive: true })
  })
  const common = (results: string): string[] => [
    ...['scan', '--profile', 'essential', '--known-hosts', join(server.folder, 'known_hosts'), '--no-agent'],
    ...['--json', join(folder, results)],
  ]
  const written = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  /** Of each asset of a run, whether it was read as the administrator. */
  const readAll = (results: string): Record<string, boolean> =>
    Object.fromEntries(
      readdirSync(join(folder, results)).map((file) => {
        const { rules } = JSON.parse(readFileSync(join(folder, results, file), 'utf8')) as {
          rules: { id: string; result: string }[]
        }
        const rule = rules.find(({ id }) => shadow.test(id))
        assert.ok(rule !== undefined, file)
        return [file.replace(/\.json$/, ''), rule.result === 'pass' || rule.result === 'fail']
      }),
    )

  test('named one by one: with sudo, without, and this machine', async () => {
    const at = (user: string, more: string): string => `ssh://${user}@127.0.0.1:${server.port}?identity=${key}&${more}`
    const run = await plumbline([
      ...common('named'),
      ...['--asset', at('free', 'sudo=true&name=with-sudo'), '--asset', at('plain', 'name=without')],
      ...['--asset', at('root', 'name=as-root'), '--asset', 'local'],
    ])
    assert.match(run.stdout, /^with-sudo +\d+ +\d+ +0 +[\d.]+$/m, run.stderr)
    assert.match(run.stdout, /^without +\d+ +\d+ +[1-9]\d* +[\d.]+$/m)
    assert.match(run.stdout, /4 of 4 assets scanned/)
    const { 'with-sudo': sudo, without, 'as-root': root, ...local } = readAll('named')
    assert.deepEqual([sudo, without, root, Object.values(local)], [true, false, true, [true]])
  })

  test('of a CSV table, an Ansible inventory in YAML and an ssh_config at once', async () => {
    const csv = written(
      'fleet.csv',
      `name,host,port,user,identity,become\nfrom-csv,127.0.0.1,${server.port},free,${key},sudo\n`,
    )
    const yaml = written(
      'hosts.yaml',
      `all:
  vars: { ansible_host: 127.0.0.1, ansible_port: ${server.port}, ansible_ssh_private_key_file: ${key} }
  hosts:
    from-yaml: { ansible_user: free, ansible_become: true }
    without: { ansible_user: plain }
    left-out: { ansible_user: root }
`,
    )
    const config = written(
      'ssh_config',
      `Host from-config
  PlumblineSudo yes
Host *
  HostName 127.0.0.1
  Port ${server.port}
  User free
  IdentityFile ${key}
`,
    )
    const run = await plumbline([
      ...common('inventories'),
      ...['--inventory', csv, '--inventory', yaml, '--inventory', config],
      ...['--limit', 'from-*,without'],
    ])
    assert.match(run.stdout, /4 of 4 assets scanned/, run.stderr + run.stdout)
    assert.deepEqual(readAll('inventories'), {
      'from-config': true,
      'from-csv': true,
      'from-yaml': true,
      without: false,
    })
  })

  test('of an ssh_config whose jump host has a key of its own', async () => {
    const gate = await startSshd()
    try {
      const config = written(
        'gate_config',
        `Host behind
  HostName 127.0.0.1
  Port ${server.port}
  User root
  IdentityFile ${key}
  ProxyJump gate
Host gate
  HostName 127.0.0.1
  Port ${gate.port}
  User root
  IdentityFile ${join(gate.folder, 'client')}
`,
      )
      const scan = [...common('behind'), '--host-key', 'accept-new', '--inventory', config, '--limit', 'behind']
      const run = await plumbline(scan)
      assert.match(run.stdout, /^pass .* Have no account without a password$/m, run.stderr + run.stdout)
    } finally {
      gate.stop()
    }
  })

  test('on a terminal shows a live table of what each asset is at, and leaves only the summary', async () => {
    const csv = written(
      'two.csv',
      `name,host,port,user,identity\none,127.0.0.1,${server.port},root,${key}\ntwo,127.0.0.1,${server.port},root,${key}\n`,
    )
    const words = [process.execPath, main, ...common('live'), '--inventory', csv].map((word) => `'${word}'`).join(' ')
    // A terminal of its own; what is on it goes to standard output.
    const run = await started('script', ['-qec', `stty cols 100 rows 30; ${words}`, '/dev/null'])
    const screen = run.stdout
    assert.match(screen, /0 of 2 assets, 0 failed\r?\n {2}one {2}connecting/)
    assert.match(screen, /1 of 2 assets, 0 failed/)
    assert.match(screen, / {2}(?:one|two) {2}\d+ of \d+ objects/)
    // What is shown last is erased, and the summary stands in its place.
    const last = screen.slice(screen.lastIndexOf('\u001b[J') + 3)
    assert.match(last, /^asset +pass/)
    assert.match(last, /2 of 2 assets scanned/)
  })
})

const plumbline = (parameters: readonly string[]) => started(process.execPath, [main, ...parameters])

function started(
  program: string,
  parameters: readonly string[],
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
}
