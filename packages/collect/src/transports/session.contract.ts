import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { FileCondition, FindRequest, Session } from '../session.ts'
import { openLocalSession } from './local.ts'

interface Opened {
  readonly session: Session
  readonly at: (path: string) => string
}

/** A name that a shell, a pattern or a parser of lines could take for something else. */
const oddName = ` -n 'q' "$(id)"; *?[a]\\ \n%s\tü`

/** What every transport must do. `open` gets a folder with files; `at` says how a path of it is named in the session. */
export function describeSession(
  name: string,
  open: (folder: string) => Opened | Promise<Opened>,
  { skip = false }: { readonly skip?: string | false } = {},
): void {
  describe(name, { skip }, () => {
    const withSession = async (
      use: (session: Session, at: (path: string) => string, folder: string) => Promise<void>,
    ): Promise<void> => {
      const folder = mkdtempSync(join(tmpdir(), 'plumbline-session-'))
      mkdirSync(join(folder, 'etc/empty'), { recursive: true })
      writeFileSync(join(folder, 'etc/file'), 'one\ntwo\0\xff', 'latin1')
      writeFileSync(join(folder, 'etc/none'), '')
      writeFileSync(join(folder, 'etc', oddName), 'odd')
      symlinkSync('file', join(folder, 'etc/link'))
      symlinkSync('nowhere', join(folder, 'etc/dangling'))
      symlinkSync('circle', join(folder, 'etc/circle'))
      const { session, at } = await open(folder)
      try {
        await use(session, at, folder)
      } finally {
        await session.close()
        rmSync(folder, { recursive: true })
      }
    }

    test('reads any bytes, through a link too, and an empty file as empty', () =>
      withSession(async (session, at) => {
        const expected = new Uint8Array(Buffer.from('one\ntwo\0\xff', 'latin1'))
        assert.deepEqual(new Uint8Array((await session.readBytes(at('/etc/file'))) ?? []), expected)
        assert.deepEqual(new Uint8Array((await session.readBytes(at('/etc/link'))) ?? []), expected)
        assert.equal(await session.readText(at('/etc/none')), '')
      }))

    test('a command reads its input, whatever it holds, and nothing without one', () =>
      withSession(async (session) => {
        if (!session.canRun) return
        const input = `#!x\n${oddName}\n${"it's $(id) `id` %s \\n é "}${'x'.repeat(200_000)}`
        const { exitStatus, stdout } = await session.run(['sh', '-c', 'cat; exit 3'], input)
        assert.equal(exitStatus, 3)
        assert.ok(Buffer.from(stdout).equals(Buffer.from(input)))
        assert.equal((await session.run(['cat'])).stdout.length, 0)
      }))

    test('answers undefined for what is not there, and for nothing else', () =>
      withSession(async (session, at) => {
        for (const path of ['/etc/missing', '/missing/file', '/etc/file/below', '/etc/dangling']) {
          assert.equal(await session.readBytes(at(path)), undefined, path)
        }
        await assert.rejects(session.readBytes(at('/etc/empty')), {
          name: 'TransportError',
          code: 'input-output-error',
        })
        await assert.rejects(session.readBytes(at('/etc/circle')), { name: 'TransportError', code: 'too-many-links' })
      }))

    test('tells a link from what it points at', () =>
      withSession(async (session, at) => {
        assert.equal((await session.status(at('/etc/link')))?.kind, 'symbolic link')
        assert.equal((await session.status(at('/etc/file')))?.kind, 'regular')
        assert.equal((await session.status(at('/etc/file')))?.size, 9n)
        assert.equal(await session.readLink(at('/etc/link')), 'file')
        assert.equal(await session.canonicalPath(at('/etc/link')), at('/etc/file'))
        assert.equal(await session.canonicalPath(at('/etc/dangling')), undefined)
      }))

    test('lists a directory with the kinds of its entries', () =>
      withSession(async (session, at) => {
        const entries = (await session.list(at('/etc'))) ?? []
        assert.deepEqual(entries.map(({ name: entry, kind }) => `${entry}: ${kind}`).toSorted(), [
          `${oddName}: regular`,
          'circle: symbolic link',
          'dangling: symbolic link',
          'empty: directory',
          'file: regular',
          'link: symbolic link',
          'none: regular',
        ])
        assert.equal(await session.list(at('/missing')), undefined)
      }))

    test('walks down a directory and answers with what the condition lets through', () =>
      withTree(async (find) => {
        assert.deepEqual(await find({}), [
          '/tree directory',
          '/tree/a directory',
          '/tree/a/deep directory',
          '/tree/a/deep/open regular',
          '/tree/a/one.conf regular',
          '/tree/link symbolic link',
          '/tree/odd\nname regular',
          '/tree/two.conf regular',
        ])
        assert.deepEqual(await find({ where: { kind: 'symbolic link' } }), ['/tree/link symbolic link'])
        assert.deepEqual(await find({ maxDepth: 0 }), ['/tree directory'])
        assert.deepEqual(await find({ maxDepth: 1, where: { not: { kind: 'regular' } } }), [
          '/tree directory',
          '/tree/a directory',
          '/tree/link symbolic link',
        ])
        assert.deepEqual(await find({ where: { all: [{ kind: 'regular' }, { mode: 0o002 }] } }), [
          '/tree/a/deep/open regular',
        ])
        assert.deepEqual(await find({ where: { name: ['two.conf', 'open'] } }), [
          '/tree/a/deep/open regular',
          '/tree/two.conf regular',
        ])
      }))

    test('does not enter what is barred, and answers with it', () =>
      withTree(async (find) => {
        assert.deepEqual(await find({ barred: ['/tree/a'], where: { kind: 'directory' } }), [
          '/tree directory',
          '/tree/a directory',
        ])
      }))

    test('walks by owner and group', () =>
      withTree(async (find) => {
        const { uid, gid } = userInfo()
        const mine: FileCondition = {
          all: [{ user: [[uid, uid]] }, { group: [[gid, gid]] }, { kind: 'symbolic link' }],
        }
        assert.deepEqual(await find({ where: mine }), ['/tree/link symbolic link'])
        assert.deepEqual(await find({ where: { all: [{ user: [[uid + 1, 2 ** 32]] }, { kind: 'regular' }] } }), [])
      }))

    test('walks below a link that it begins at, under the name of the link', () =>
      withTree(async (find) => {
        assert.deepEqual(await find({ start: '/tree/link', where: { kind: 'regular' } }), [
          '/tree/link/deep/open regular',
          '/tree/link/one.conf regular',
        ])
      }))

    test('answers with no more than the limit, and says so; undefined for no start', () =>
      withSession(async (session, at) => {
        const answer = await session.find({ start: at('/etc'), barred: [], where: { all: [] }, limit: 3 })
        assert.deepEqual([answer?.entries.length, answer?.isCut], [3, true])
        const none = await session.find({ start: at('/missing'), barred: [], where: { all: [] }, limit: 3 })
        assert.equal(none, undefined)
      }))

    test('walks that begin at once are answered each', () =>
      withTree(async (find) => {
        const [directories, files] = await Promise.all([
          find({ where: { kind: 'directory' }, maxDepth: 1 }),
          find({ where: { kind: 'regular' } }),
        ])
        assert.deepEqual([directories.length, files.length], [2, 4])
      }))

    /** A tree with directories, a link to one of them, and names that are hard to hand over. */
    const withTree = (use: (find: (request: Partial<FindRequest>) => Promise<string[]>) => Promise<void>) =>
      withSession(async (session, at, folder) => {
        mkdirSync(join(folder, 'tree/a/deep'), { recursive: true })
        for (const file of ['a/one.conf', 'two.conf', 'odd\nname', 'a/deep/open']) {
          writeFileSync(join(folder, 'tree', file), '')
          chmodSync(join(folder, 'tree', file), file === 'a/deep/open' ? 0o666 : 0o644)
        }
        symlinkSync('a', join(folder, 'tree/link'))
        await use(async ({ start = '/tree', barred = [], ...request }) => {
          const answer = await session.find({
            where: { all: [] },
            limit: 100,
            ...request,
            start: at(start),
            barred: barred.map(at),
          })
          assert.equal(answer?.isCut, false)
          const prefix = at('/').length - 1
          return answer.entries.map(({ path, status }) => `${path.slice(prefix)} ${status.kind}`).toSorted()
        })
      })

    test('takes a name as it is, whatever is in it', () =>
      withSession(async (session, at) => {
        const path = at(`/etc/${oddName}`)
        assert.equal(await session.readText(path), 'odd')
        assert.equal((await session.status(path))?.size, 3n)
        assert.equal(await session.canonicalPath(path), path)
        assert.equal(await session.status(at(`/etc/${oddName}x`)), undefined)
        const where: FileCondition = { name: [oddName] }
        const found = await session.find({ start: at('/etc'), barred: [at(`/etc/${oddName}`)], where, limit: 9 })
        assert.deepEqual(
          found?.entries.map((entry) => entry.path),
          [path],
        )
      }))

    test('finds a file whose name is no text, under a name that leads back to it', () =>
      withSession(async (session, at, folder) => {
        const [directory, name] = [
          Buffer.from(join(folder, 'bytes\xe9'), 'latin1'),
          Buffer.from('/\xff\xc3\xbc', 'latin1'),
        ]
        mkdirSync(directory)
        writeFileSync(Buffer.concat([directory, name]), 'odd')
        symlinkSync(name.subarray(1), Buffer.concat([directory, Buffer.from('/link')]))
        const inside = at('/bytes\udce9')
        const path = `${inside}/\udcffü`
        const names = (await session.list(inside))?.map((entry) => entry.name)
        assert.deepEqual(names?.toSorted(), ['link', '\udcffü'])
        assert.deepEqual([(await session.status(path))?.size, await session.readText(path)], [3n, 'odd'])
        assert.equal(await session.readLink(`${inside}/link`), '\udcffü')
        assert.equal(await session.canonicalPath(`${inside}/link`), path)
        const where: FileCondition = { all: [{ kind: 'regular' }, { namePattern: '^.ü$' }] }
        const found = await session.find({ start: inside, barred: [], where, limit: 9 })
        assert.deepEqual(
          found?.entries.map((entry) => [entry.path, entry.status.size]),
          [[path, 3n]],
        )
      }))

    test('lets a pattern that is none spoil nothing: whoever asked finds out, and others have their answers', () =>
      withSession(async (session, at) => {
        const find = (namePattern: string) =>
          session.find({
            start: at('/etc'),
            barred: [],
            where: { all: [{ kind: 'regular' }, { namePattern }] },
            limit: 99,
          })
        const [none, file, all] = (await Promise.all([find('(file'), find('^file$'), find('')])).map((answer) =>
          answer?.entries.map(({ path }) => path).toSorted((one, other) => one.localeCompare(other)),
        )
        assert.deepEqual(none, all)
        assert.deepEqual(file, [at('/etc/file')])
      }))

    test('answers many requests at once, each with its own', () =>
      withSession(async (session, at) => {
        const names = Array.from({ length: 300 }, (_, index) => (index % 3 === 0 ? 'file' : `missing-${index}`))
        const sizes = await Promise.all(names.map(async (name) => (await session.status(at(`/etc/${name}`)))?.size))
        assert.deepEqual(
          sizes,
          names.map((name) => (name === 'file' ? 9n : undefined)),
        )
        const [text, entries, missing] = await Promise.all([
          session.readText(at('/etc/none')),
          session.list(at('/etc/empty')),
          session.readLink(at('/etc/missing')),
        ])
        assert.deepEqual([text, entries, missing], ['', [], undefined])
      }))

    test('tells the whole of a status, in a walk too', () =>
      withSession(async (session, at, folder) => {
        const expected = await openLocalSession().status(join(folder, 'etc/file'))
        assert.deepEqual(await session.status(at('/etc/file')), expected)
        const found = await session.find({ start: at('/etc'), barred: [], where: { name: ['file'] }, limit: 9 })
        assert.deepEqual(found?.entries, [{ path: at('/etc/file'), status: expected }])
        await assert.rejects(session.readLink(at('/etc/file')), { name: 'TransportError', code: 'input-output-error' })
      }))

    test('makes a value once, a failure too', () =>
      withSession(async (session) => {
        let made = 0
        const make = async (): Promise<number> => (made += 1)
        assert.deepEqual(await Promise.all([session.once('a', make), session.once('a', make)]), [1, 1])
      }))
  })
}
