import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Session } from '../session.ts'
import { openOfflineRoot } from './offline-root.ts'

/** A root that was made to lead whoever looks at it out of itself, and what lies beside it. */
async function withHostileRoot(use: (session: Session, root: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-root-'))
  const root = join(folder, 'root')
  mkdirSync(join(root, 'etc'), { recursive: true })
  mkdirSync(join(root, 'links'))
  writeFileSync(join(folder, 'secret'), 'secret')
  writeFileSync(join(root, 'etc/hostname'), 'inside')
  for (const [name, target] of links) symlinkSync(target.replace('FOLDER', folder), join(root, 'links', name))
  const session = openOfflineRoot(root)
  try {
    await use(session, root)
  } finally {
    await session.close()
    rmSync(folder, { recursive: true })
  }
}

const links: readonly (readonly [name: string, target: string])[] = [
  ['absolute', 'FOLDER/secret'],
  ['folder', 'FOLDER'],
  ['above', '../../secret'],
  ['far-above', '../../../../../../../../../../../../../..FOLDER/secret'],
  ['root', '/'],
  ['self', '/proc/self/root'],
  ['dots', '/../..//.././FOLDER/secret'],
  ['etc', '/etc'],
  ['relative', '../etc/hostname'],
  ['through', 'folder/secret'],
  ['back', 'root/links/root/etc/hostname'],
  ['passwd', '/etc/passwd'],
]

test('no link of a root leads out of it', () =>
  withHostileRoot(async (session, root) => {
    const outside = ['absolute', 'above', 'far-above', 'dots', 'through', 'passwd', 'self', 'folder']
    for (const path of [
      ...outside.map((name) => `/links/${name}`),
      '/links/folder/secret',
      '/links/above/../secret',
      '/../secret',
      '/links/../../secret',
      '/links/root/../secret',
      '/links/self/etc/passwd',
      `/links/root/..${root}/../secret`,
    ]) {
      assert.equal(await session.readText(path), undefined, path)
      assert.equal(await session.canonicalPath(path), undefined, path)
      assert.equal(await session.list(path), undefined, path)
      assert.equal(await session.find({ start: path, barred: [], where: { all: [] }, limit: 9 }), undefined, path)
    }
  }))

test('a link that begins at the root is followed inside it', () =>
  withHostileRoot(async (session) => {
    for (const path of ['/links/relative', '/links/back', '/links/etc/hostname', '/links/root/links/etc/hostname']) {
      assert.equal(await session.readText(path), 'inside', path)
      assert.equal(await session.canonicalPath(path), '/etc/hostname')
    }
    assert.deepEqual(
      (await session.list('/links/etc'))?.map(({ name }) => name),
      ['hostname'],
    )
    const found = await session.find({ start: '/links/etc', barred: [], where: { kind: 'regular' }, limit: 9 })
    assert.deepEqual(
      found?.entries.map(({ path }) => path),
      ['/links/etc/hostname'],
    )
  }))

test('a walk over a root stays in it', () =>
  withHostileRoot(async (session) => {
    const found = await session.find({ start: '/', barred: [], where: { not: { kind: 'symbolic link' } }, limit: 99 })
    assert.deepEqual(found?.entries.map(({ path }) => path).toSorted(), ['/', '/etc', '/etc/hostname', '/links'])
  }))
