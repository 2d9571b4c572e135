import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ResolvedObject } from '@plumbline/scap'
import { entity, pattern, withFolder } from './test-types/testing.ts'
import { file } from './test-types/unix/file.ts'
import { documentOf } from './testing/referee.ts'

/** Put before a program and its threads: every listing of a directory is a line of the file. */
const watch = (log: string): string =>
  `data:text/javascript,${encodeURIComponent(`
  import fs from 'node:fs'
  import { syncBuiltinESMExports } from 'node:module'
  for (const [on, name] of [[fs, 'readdirSync'], [fs.promises, 'readdir']]) {
    const list = on[name]
    on[name] = (path, ...more) => {
      fs.appendFileSync(${JSON.stringify(log)}, path + '\\n')
      return list(path, ...more)
    }
  }
  syncBuiltinESMExports()`)}`

const collecting = `
import { readFileSync } from 'node:fs'
import { parseOval, readXml } from '${import.meta.resolve('@plumbline/scap')}'
import { collectOurs } from '${import.meta.dirname}/testing/referee.ts'
const found = await collectOurs(parseOval(readXml(readFileSync(0, 'utf8'), 'objects.xml')))
console.log(JSON.stringify([...found.values()].map(({ flag, items }) => [flag, items.length])))`

test('fifty objects over one tree are two walks at most', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-walk-'))
  try {
    const tree = join(folder, 'tree')
    const directories = [tree, ...Array.from({ length: 40 }, (_, at) => join(tree, `a${at % 8}`, `b${at}`))]
    for (const directory of directories) {
      mkdirSync(directory, { recursive: true })
      for (let at = 0; at < 5; at += 1) writeFileSync(join(directory, `file${at}`), '')
    }
    const objects = Array.from({ length: 50 }, (_, at) => {
      const filename =
        at % 2 === 0
          ? `<unix:filename>file${at % 5}</unix:filename>`
          : `<unix:filename operation="pattern match">^file[0-${at % 5}]$</unix:filename>`
      return `<unix:file_object id="oval:x:obj:${at + 1}" version="1"><unix:behaviors recurse="directories" recurse_direction="down" recurse_file_system="${at % 3 === 0 ? 'local' : 'all'}"/><unix:path>${tree}</unix:path>${filename}<oval-def:filter action="exclude">oval:x:ste:1</oval-def:filter></unix:file_object>`
    })
    const state =
      '<states><unix:file_state id="oval:x:ste:1" version="1"><unix:user_id datatype="int">4711</unix:user_id></unix:file_state></states>'
    const log = join(folder, 'listed')
    const program = join(folder, 'collecting.ts')
    writeFileSync(program, collecting)
    const told = execFileSync(process.execPath, ['--import', watch(log), program], {
      input: documentOf(`<objects>${objects.join('')}</objects>${state}`),
      encoding: 'utf8',
    })
    const found = JSON.parse(told) as [flag: string, items: number][]
    assert.deepEqual(
      found,
      Array.from({ length: 50 }, (_, at) => ['complete', at % 2 === 0 ? 41 : 41 * ((at % 5) + 1)]),
    )
    const listed = readFileSync(log, 'utf8')
      .split('\n')
      .filter((path) => path.startsWith(tree))
    const distinct = new Set(listed)
    assert.equal(distinct.size, 1 + 8 + 40)
    // Objects that had to look at the mounts first may come when the first walk is under way.
    assert.ok(listed.length <= 2 * distinct.size, `${listed.length} listings of ${distinct.size} directories`)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('more items than an object may have leave it incomplete, and others that share its walk whole', async () => {
  await withFolder(
    Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`file${at}`, ''])),
    async (session, folder) => {
      const object = (filename: string): ResolvedObject => ({
        id: 'oval:x:obj:1',
        digest: '',
        testType: 'unix/file',
        entities: [entity('path', folder), pattern('filename', filename)],
        behaviors: { recurse: 'directories', recurse_direction: 'down' },
        filters: [],
      })
      const outcomes = await Promise.all(
        ['.*', '^file1$'].map((filename) => file.collect(session, object(filename), 10)),
      )
      assert.deepEqual(
        outcomes.map(({ flag, items }) => [flag, items.length]),
        [
          ['incomplete', 10],
          [undefined, 1],
        ],
      )
    },
  )
})
