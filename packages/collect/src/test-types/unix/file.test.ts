import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ResolvedFilter } from '@plumbline/scap'
import { collectFrom, entity, pattern, withFolder } from '../testing.ts'
import { file } from './file.ts'

/** a/, a/b/, a/b/c/ with a file in each, one of them open to all; a link to a/ beside them. */
const withTree = (use: (folder: string, names: Names) => Promise<void>): Promise<void> =>
  withFolder({}, async (session, folder) => {
    mkdirSync(join(folder, 'a/b/c'), { recursive: true })
    for (const path of ['a/one.conf', 'a/b/two.txt', 'a/b/c/three.conf']) writeFileSync(join(folder, path), 'x')
    chmodSync(join(folder, 'a/b/two.txt'), 0o666)
    symlinkSync('a', join(folder, 'link'))
    await use(folder, async (entities, behaviors, filters) => {
      const { items } = await collectFrom(session, file, entities, behaviors, filters)
      return items.map(({ filepath, path }) => String(filepath ?? path).slice(folder.length))
    })
  })

type Names = (
  entities: Parameters<typeof collectFrom>[2],
  behaviors?: Readonly<Record<string, string>>,
  filters?: readonly ResolvedFilter[],
) => Promise<string[]>

const down = { recurse: 'directories', recurse_direction: 'down' }

test('a recursion goes as deep as it may', () =>
  withTree(async (folder, names) => {
    const all = [entity('path', `${folder}/a`), pattern('filename', '.*')]
    assert.deepEqual(await names(all, down), ['/a/b/c/three.conf', '/a/b/two.txt', '/a/one.conf'])
    assert.deepEqual(await names(all, { ...down, max_depth: '1' }), ['/a/b/two.txt', '/a/one.conf'])
    assert.deepEqual(await names(all, { ...down, max_depth: '0' }), ['/a/one.conf'])
    assert.deepEqual(await names(all), ['/a/one.conf'])
    assert.deepEqual(await names([entity('path', `${folder}/a`), pattern('filename', 'conf$')], down), [
      '/a/b/c/three.conf',
      '/a/one.conf',
    ])
  }))

test('without a filename the directories themselves are asked for', () =>
  withTree(async (folder, names) => {
    const directories = [entity('path', `${folder}/a`), entity('filename', '', { nil: true, values: [] })]
    assert.deepEqual(await names(directories, { ...down, max_depth: '1' }), ['/a', '/a/b'])
    assert.deepEqual(await names(directories), ['/a'])
    assert.deepEqual(
      await names([entity('path', `${folder}/a/b/c`), directories[1]!], { recurse_direction: 'up', max_depth: '2' }),
      ['/a', '/a/b', '/a/b/c'],
    )
  }))

test('a pattern for a path follows links, and a recursion begins at each directory that matches', () =>
  withTree(async (folder, names) => {
    assert.deepEqual(await names([pattern('filepath', `^${folder}/[^/]+/one.conf$`)]), [
      '/a/one.conf',
      '/link/one.conf',
    ])
    assert.deepEqual(await names([pattern('path', `^${folder}/a/b$`), pattern('filename', '.*')], down), [
      '/a/b/c/three.conf',
      '/a/b/two.txt',
    ])
  }))

const filter = (
  action: ResolvedFilter['action'],
  ...entities: ResolvedFilter['state']['entities']
): ResolvedFilter => ({
  action,
  state: { id: 'oval:test:ste:1', testType: 'unix/file', operator: 'AND', entities },
})
const flag = (name: string, value: string) => entity(name, value, { datatype: 'boolean' })

test('filters are judged on the walk, as they are on items', () =>
  withTree(async (folder, names) => {
    const all = [entity('path', `${folder}/a`), pattern('filename', '.*')]
    const open = filter('include', entity('type', 'regular'), flag('owrite', 'true'))
    assert.deepEqual(await names(all, down, [open]), ['/a/b/two.txt'])
    assert.deepEqual(await names(all, down, [{ ...open, action: 'exclude' }]), ['/a/b/c/three.conf', '/a/one.conf'])
    const ours = entity('user_id', String(process.getuid?.()), { datatype: 'int' })
    assert.deepEqual(await names(all, down, [filter('exclude', ours)]), [])
    assert.deepEqual(await names(all, down, [filter('include', pattern('filepath', 'three'))]), ['/a/b/c/three.conf'])
    assert.deepEqual(await names(all, down, [filter('exclude', pattern('filename', 'conf$'))]), ['/a/b/two.txt'])
  }))

test('more files than an object may have make it incomplete', () =>
  withFolder(Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`f${at}`, ''])), async (session, folder) => {
    const entities = [entity('path', folder), pattern('filename', '.*')]
    const { flag: outcome, messages } = await collectFrom(session, file, entities, down)
    assert.equal(outcome, 'incomplete')
    assert.match(messages?.[0] ?? '', /more than 1000 files/)
  }))

const withoutAcl = hasSetfacl() ? false : 'setfacl is not installed (Debian: acl)'

test('an access control list is told', { skip: withoutAcl }, () =>
  withFolder({ plain: '', listed: '' }, async (session, folder) => {
    execFileSync('setfacl', ['-m', 'u:1:r', `${folder}/listed`])
    const { items } = await collectFrom(session, file, [entity('path', folder), pattern('filename', '.*')])
    assert.deepEqual(
      items.map(({ filename, has_extended_acl: has }) => [filename, has]),
      [
        ['listed', 'true'],
        ['plain', 'false'],
      ],
    )
  }),
)

function hasSetfacl(): boolean {
  try {
    execFileSync('setfacl', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
