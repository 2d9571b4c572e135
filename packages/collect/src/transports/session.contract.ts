import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Session } from '../session.ts'

/** What every transport must do. `open` gets a folder with files; `at` says how a path of it is named in the session. */
export function describeSession(
  name: string,
  open: (folder: string) => { readonly session: Session; readonly at: (path: string) => string },
): void {
  describe(name, () => {
    const withSession = async (
      use: (session: Session, at: (path: string) => string) => Promise<void>,
    ): Promise<void> => {
      const folder = mkdtempSync(join(tmpdir(), 'plumbline-session-'))
      mkdirSync(join(folder, 'etc/empty'), { recursive: true })
      writeFileSync(join(folder, 'etc/file'), 'one\ntwo\0\xff', 'latin1')
      writeFileSync(join(folder, 'etc/none'), '')
      symlinkSync('file', join(folder, 'etc/link'))
      symlinkSync('nowhere', join(folder, 'etc/dangling'))
      symlinkSync('circle', join(folder, 'etc/circle'))
      const { session, at } = open(folder)
      try {
        await use(session, at)
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
          'circle: symbolic link',
          'dangling: symbolic link',
          'empty: directory',
          'file: regular',
          'link: symbolic link',
          'none: regular',
        ])
        assert.equal(await session.list(at('/missing')), undefined)
      }))

    test('makes a value once, a failure too', () =>
      withSession(async (session) => {
        let made = 0
        const make = async (): Promise<number> => (made += 1)
        assert.deepEqual(await Promise.all([session.once('a', make), session.once('a', make)]), [1, 1])
      }))
  })
}
