import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const main = join(import.meta.dirname, 'main.ts')
const noNamespaces = process.getuid?.() !== 0 && 'a network of its own needs root'

test('names that nobody answers for keep no other from being reached', { skip: noNamespaces }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-names-'))
  try {
    // Two at a time, all would take longer than the 15 s that a connection has.
    writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\nsearch .\noptions timeout:3 attempts:1\n')
    writeFileSync(join(folder, 'hosts'), '127.0.0.1 localhost known.example.org\n')
    const script = `
      import { execFile } from 'node:child_process'
      import { createSocket } from 'node:dgram'
      import { once } from 'node:events'
      // The name server listens, and that is all it does.
      await once(createSocket('udp4').bind(53, '127.0.0.1'), 'listening')
      const child = execFile(process.execPath, process.argv.slice(1), (_error, stdout, stderr) => {
        console.log(stdout + stderr)
        process.exit()
      })
      child.stdin.end('secret\\n')`
    const names = [...Array.from({ length: 16 }, (_, index) => `silent-${index}`), 'known']
    const scan = ['scan', ...names.flatMap((name) => ['--asset', `ssh://x@${name}.example.org`]), '--password-stdin']
    const mounts = ['resolv.conf', 'hosts'].map((name) => `mount --bind "$F/${name}" /etc/${name}`)
    const setUp = ['ip link set lo up', ...mounts, 'exec "$@"'].join(' && ')
    const said = execFileSync(
      'unshare',
      [
        '--net',
        '--mount',
        'sh',
        '-c',
        setUp,
        'sh',
        process.execPath,
        '--input-type=module',
        '-e',
        script,
        main,
        ...scan,
      ],
      { env: { ...process.env, F: folder }, encoding: 'utf8' },
    )
    assert.match(said, /^known\.example\.org .*connection-refused/m)
    assert.match(said, /^silent-15\.example\.org .*unreachable/m)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
