import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { test } from 'node:test'
import { filesOfAssets } from './asset-files.ts'

/** The names that the files of assets have, in their order. */
function namesFor(...assets: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-asset-files-'))
  try {
    const filesOf = filesOfAssets(assets, { json: folder })
    return assets.map((name) => {
      const { json = '' } = filesOf(name)
      assert.equal(json, join(folder, basename(json)), 'it leads nowhere else')
      return basename(json)
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the files of an asset have its name, in any script, with what a name of a file cannot hold replaced', () => {
  assert.deepEqual(namesFor('web-3', '服务器一', '服务器二', 'сервер', 'हिन्दी', 'a@b:2222', '../x', '..', 'web 3\n'), [
    'web-3.json',
    '服务器一.json',
    '服务器二.json',
    'сервер.json',
    'हिन्दी.json',
    'a@b_2222.json',
    '__x.json',
    '_.json',
    'web_3_.json',
  ])
})

test('names that come to the same one, also where case does not count, are told apart, and the same each time', () => {
  for (const names of [
    ['web:1', 'web/1', 'web_1'],
    ['web', 'Web', 'WEB'],
    ['\u00e9', 'e\u0301'],
    ['🙂', '🙃'],
  ]) {
    const found = namesFor(...names, 'other')
    assert.equal(new Set(found.map((name) => name.normalize('NFC').toLowerCase())).size, names.length + 1)
    assert.equal(found.at(-1), 'other.json')
    assert.deepEqual(namesFor(...names.toReversed()), found.slice(0, -1).toReversed())
  }
})

test('the files of different kinds meet none of another asset in one folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-asset-files-'))
  try {
    // As `--results` and `--arf` they would both be `a.arf.xml`; the digest of `web:1` is the end of the last.
    const names = ['a.arf', 'A', 'b', 'web:1', 'web/1', `web_1-${digestOf('web:1')}`]
    const filesOf = filesOfAssets(names, { results: folder, arf: `${folder}/.`, html: join(folder, 'pages') })
    const files = names.flatMap((name) => Object.values(filesOf(name)).map((file) => resolve(file).toLowerCase()))
    assert.equal(new Set(files).size, 3 * names.length, files.join('\n'))
    const b = { results: join(folder, 'b.xml'), arf: join(folder, 'b.arf.xml'), html: join(folder, 'pages/b.html') }
    assert.deepEqual(filesOf('b'), b)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const digestOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 8)
