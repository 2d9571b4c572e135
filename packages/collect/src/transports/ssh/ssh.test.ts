import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { describeSession } from '../session.contract.ts'
import { openSshSession, type SshOptions, type SshSession } from './ssh.ts'
import { noSshd, startSshd, type TestServer } from './testing/sshd.ts'

let server: TestServer
/** 20,000 files, of which three may be written by everybody and two have an owner that is nobody. */
let tree = ''
const tools = mkdtempSync(join(tmpdir(), 'plumbline-busybox-'))

before(async () => {
  if (noSshd !== false) return
  server = await startSshd()
  tree = join(server.folder, 'tree')
  for (let folder = 0; folder < 100; folder += 1) {
    const at = join(tree, `a folder with a longer name ${folder}`)
    mkdirSync(at, { recursive: true })
    for (let index = 0; index < 200; index += 1) writeFileSync(join(at, `file number ${index}`), '')
    if (folder < 3) chmodSync(join(at, 'file number 7'), 0o666)
    if (folder < 2) chownSync(join(at, 'file number 8'), 60_123, 60_123)
  }
  if (!existsSync('/bin/busybox')) return
  for (const applet of execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    symlinkSync('/bin/busybox', join(tools, applet))
  }
})
after(() => {
  if (noSshd === false) server.stop()
  rmSync(tools, { recursive: true })
})

const open = (options: Partial<SshOptions> = {}): Promise<SshSession> =>
  openSshSession({ target: server.hop(), hostKeys: server.hostKeys, ...options })

const shells: readonly { name: string; options: () => Partial<SshOptions>; skip: string | false }[] = [
  { name: 'dash', options: () => ({ shell: '/bin/dash' }), skip: existsSync('/bin/dash') ? noSshd : 'no dash' },
  { name: 'bash', options: () => ({ shell: '/bin/bash' }), skip: existsSync('/bin/bash') ? noSshd : 'no bash' },
  {
    name: 'busybox sh with its own tools',
    options: () => ({ shell: join(tools, 'sh'), path: tools }),
    skip: existsSync('/bin/busybox') ? noSshd : 'no busybox',
  },
]

for (const { name, options, skip } of shells) {
  describeSession(
    `a session over SSH with ${name}`,
    async (folder) => ({ session: await open(options()), at: (path) => `${folder}${path}` }),
    { skip },
  )

  test(`${name} runs commands with their parameters as they are`, { skip }, async () => {
    const session = await open(options())
    try {
      const parameters = ['$(id) `id` "; id', "it's", '', 'two\nlines', '-n', '\\0']
      const { exitStatus, stdout, stderr } = await session.run(['printf', '<%s>', ...parameters])
      assert.deepEqual(
        [exitStatus, Buffer.from(stdout).toString(), stderr],
        [0, parameters.map((one) => `<${one}>`).join(''), ''],
      )
      const failing = await session.run(['sh', '-c', 'echo out; echo one >&2; echo two >&2; exit 7'])
      assert.deepEqual(
        [failing.exitStatus, Buffer.from(failing.stdout).toString(), failing.stderr],
        [7, 'out\n', 'one\ntwo\n'],
      )
      await assert.rejects(session.run(['plumbline-no-such-program']), { code: 'command-not-found' })
    } finally {
      await session.close()
    }
  })

  test(`${name} reads any bytes of any length, and refuses what is too large`, { skip }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-bytes-'))
    const session = await open({ ...options(), maxFileBytes: 3_000_000 })
    try {
      const bytes = Buffer.from(Array.from({ length: 256 * 8000 }, (_, index) => (index * 7 + (index >> 8)) & 255))
      writeFileSync(join(folder, 'bytes'), bytes)
      writeFileSync(join(folder, 'line'), 'x'.repeat(2_900_000))
      writeFileSync(join(folder, 'large'), Buffer.alloc(3_000_001))
      mkdirSync(join(folder, 'many'))
      for (let index = 0; index < 1200; index += 1) writeFileSync(join(folder, 'many', `file ${index}`), String(index))
      const [read, line] = await Promise.all([
        session.readBytes(join(folder, 'bytes')),
        session.readText(join(folder, 'line')),
        assert.rejects(session.readBytes(join(folder, 'large')), { code: 'too-large' }),
      ])
      assert.ok(bytes.equals(read ?? Buffer.alloc(0)))
      assert.equal(line?.length, 2_900_000)
      const entries = (await session.list(join(folder, 'many'))) ?? []
      assert.equal(entries.length, 1200)
      const each = await Promise.all(
        entries.slice(0, 300).map(async ({ name: entry }) => {
          const path = join(folder, 'many', entry)
          const [text, status] = await Promise.all([session.readText(path), session.status(path)])
          return text === entry.slice('file '.length) && status?.size === BigInt(text.length)
        }),
      )
      assert.ok(each.every(Boolean))
    } finally {
      await session.close()
      rmSync(folder, { recursive: true })
    }
  })

  test(
    `${name} brings along with a real name what is there, unless it is large, and tells it once`,
    { skip },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'plumbline-looks-'))
      const session = await open(options())
      try {
        const large = randomBytes(70_000)
        writeFileSync(join(folder, 'small'), 'text')
        writeFileSync(join(folder, 'large'), large)
        symlinkSync('small', join(folder, 'link'))
        const names = ['link', 'small', 'large', 'none'].map((file) => join(folder, file))
        assert.deepEqual(await Promise.all(names.map((file) => session.canonicalPath(file))), [
          join(folder, 'small'),
          join(folder, 'small'),
          join(folder, 'large'),
          undefined,
        ])
        assert.ok(session.traffic().bytesReceived < 60_000, 'the large file came along')
        const before = session.traffic().roundTrips
        assert.equal(await session.canonicalPath(join(folder, 'link')), join(folder, 'small'))
        assert.equal(await session.readText(join(folder, 'link')), 'text')
        assert.equal((await session.status(join(folder, 'large')))?.size, 70_000n)
        assert.equal(session.traffic().roundTrips, before)
        assert.deepEqual(Buffer.from((await session.readBytes(join(folder, 'large'))) ?? []), large)
      } finally {
        await session.close()
        rmSync(folder, { recursive: true })
      }
    },
  )

  test(`${name} answers walks over many files with what is asked for alone`, { skip }, async (t) => {
    const session = await open(options())
    try {
      await session.readText('/etc/hostname')
      const bytes = (): number => session.traffic().bytesReceived + session.traffic().bytesSent
      const known = [0, 1, 2, 1000].map((id) => [id, id] as const)
      for (const [what, condition, count] of [
        ['world-writable', { mode: 0o002 }, 3],
        ['without an owner', { not: { user: known } }, 2],
      ] as const) {
        const before = bytes()
        const where = { all: [{ not: { kind: 'directory' } }, condition] } as const
        const found = await session.find({ start: tree, barred: ['/proc'], where, limit: 100_000 })
        // The start is answered with, whatever it is.
        assert.equal(found?.entries.filter(({ path }) => path !== tree).length, count)
        const moved = bytes() - before
        assert.ok(moved < 4000, `${moved} bytes`)
        t.diagnostic(`${what}: ${moved} bytes for 20,000 files`)
      }
    } finally {
      await session.close()
    }
  })
}
