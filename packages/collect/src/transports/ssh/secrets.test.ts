import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openSshSession, type SshOptions } from './ssh.ts'
import { makeKey, noSshd, startSshd, type TestServer } from './testing/sshd.ts'

const setUp = String.raw`
useradd -M -d / -s /bin/sh asked
useradd -M -d / -s /bin/sh plain
printf '%s\n' 'asked ALL=(ALL) ALL' > /etc/sudoers.d/plumbline
chmod 440 /etc/sudoers.d/plumbline
`

/** All that anybody on the machine may see of its processes: their arguments and, for the same account, environments. */
function seenOfProcesses(): string {
  const read = (pid: string, file: string): string => {
    try {
      return readFileSync(join('/proc', pid, file), 'latin1')
    } catch {
      // It has ended.
      return ''
    }
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => read(pid, 'cmdline') + read(pid, 'environ'))
    .join('\n')
}

// The server of the test and its client are processes of one machine, so both sides are looked at.
describe('passwords on the way to an asset', { skip: noSshd }, () => {
  const secret = `secret-${randomUUID()}`
  let server: TestServer
  before(async () => {
    server = await startSshd({ setUp, settings: ['PasswordAuthentication yes', 'MaxAuthTries 20'] })
    const root = await openSshSession({ target: server.hop(), hostKeys: server.hostKeys })
    const accounts = ['asked', 'plain', 'root'].map((account) => `${account}:${secret}`)
    await root.run(['sh', '-c', `printf '%s\\n' ${accounts.join(' ')} | chpasswd -c SHA512`])
    await root.close()
  })
  after(() => server.stop())

  /** What is looked for, of what was seen while a session was opened, worked and was closed. */
  async function seen(options: Partial<SshOptions>, ...wanted: string[]): Promise<string[]> {
    const found = new Set<string>()
    let open = true
    const sampling = (async () => {
      while (open) {
        const all = seenOfProcesses()
        for (const text of wanted) if (all.includes(text)) found.add(text)
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    try {
      const session = await openSshSession({ target: server.hop(), hostKeys: server.hostKeys, ...options })
      try {
        const { stdout } = await session.run(['sh', '-c', ': a word to be seen; id -un; sleep 0.3'])
        assert.equal(Buffer.from(stdout).toString(), 'root\n')
        await session.readText('/etc/shadow')
      } finally {
        await session.close()
      }
    } finally {
      open = false
      await sampling
    }
    return [...found]
  }

  test('of a login and of sudo are in no arguments and no environment', async () => {
    const target = { ...server.hop('asked'), credentials: { password: secret } }
    const elevation = { kind: 'sudo', password: secret } as const
    assert.deepEqual(await seen({ target, elevation }, secret, 'a word to be seen'), ['a word to be seen'])
  })

  test('of su are in no arguments and no environment', async () => {
    const elevation = { kind: 'su', password: secret } as const
    const options = { target: { ...server.hop('plain'), credentials: { password: secret } }, elevation }
    assert.deepEqual(await seen(options, secret, 'a word to be seen'), ['a word to be seen'])
  })

  test('of a key are in no arguments and no environment', async () => {
    const path = join(server.folder, 'locked')
    makeKey(path, 'ed25519', secret)
    appendFileSync(join(server.folder, 'authorized'), readFileSync(`${path}.pub`, 'utf8'))
    const keys = [{ name: 'the key', text: readFileSync(path, 'utf8'), passphrase: secret }]
    const target = { ...server.hop(), credentials: { keys } }
    assert.deepEqual(await seen({ target }, secret, 'a word to be seen'), ['a word to be seen'])
  })
})
