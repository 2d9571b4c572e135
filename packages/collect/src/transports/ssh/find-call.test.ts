import assert from 'node:assert/strict'
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FileCondition } from '../../session.ts'
import { findWords } from './find-call.ts'

const unfit =
  process.getuid?.() !== 0 ? 'only root gives files away' : existsSync('/bin/busybox') ? false : 'there is no busybox'

test('a walk for a pattern brings the names along that have what the pattern needs', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-find-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const name of ['.netrc', '.netrc\n', 'a.netrc', 'netrc', 'x[1]*', 'x1', 'ü.key', '.key']) {
    writeFileSync(join(folder, name), '')
  }
  for (const [dialect, find] of [
    ['gnu', 'find'],
    ['busybox', 'busybox find'],
  ] as const) {
    if (dialect === 'busybox' && !existsSync('/bin/busybox')) continue
    const met = (namePattern: string): string => {
      const where = { all: [{ kind: 'regular' }, { namePattern }] } as const
      const words = findWords([{ start: folder, barred: [], where, limit: 100 }], dialect)
      const env = { ...process.env, LC_ALL: 'C' }
      const output = execFileSync('sh', ['-c', `${find} ${words}`], { encoding: 'utf8', env })
      return output
        .split(dialect === 'gnu' ? '\0' : '//\n')
        .flatMap((record) => /\/([^/]*)$/.exec(record)?.[1] ?? [])
        .toSorted()
        .join()
    }
    assert.equal(met('^\\.netrc$'), '.netrc,.netrc\n,a.netrc', dialect)
    assert.equal(met('^x\\[\\d\\]\\*'), 'x[1]*', dialect)
    assert.equal(met('ü.*\\.key'), 'ü.key', dialect)
    assert.equal(met('^[xy].$'), '.key,.netrc,.netrc\n,a.netrc,netrc,x1,x[1]*,ü.key', dialect)
  }
})

test('the find of busybox names no files whose owners are not asked for', { skip: unfit }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-find-'))
  try {
    for (const owner of [0, 1, 2, 1000, 4_294_967_294]) {
      writeFileSync(join(folder, `${owner}`), '')
      chownSync(join(folder, `${owner}`), owner, owner)
    }
    const met = (owner: FileCondition): string => {
      const where = { all: [{ kind: 'regular' }, owner] } as const
      const words = findWords([{ start: folder, barred: [], where, limit: 100 }], 'busybox')
      const lines = execFileSync('sh', ['-c', `busybox find ${words}`], { encoding: 'utf8' }).split('\n')
      return lines
        .flatMap((line) => /\/(\d+)\/\/$/.exec(line)?.[1] ?? [])
        .toSorted((a, b) => Number(a) - Number(b))
        .join()
    }
    const last = 0xffff_ffff
    assert.equal(met({ user: [[1, last]] }), '1,2,1000,4294967294')
    assert.equal(met({ group: [[1, last]] }), '1,2,1000,4294967294')
    assert.equal(
      met({
        user: [
          [0, 1],
          [1000, 1001],
        ],
      }),
      '0,1,1000',
    )
    assert.equal(
      met({
        user: [
          [2, last],
          [0, 0],
        ],
      }),
      '0,2,1000,4294967294',
    )
    assert.equal(met({ not: { user: [[2, last]] } }), '0,1')
    assert.equal(met({ user: [[0, last]] }), '0,1,2,1000,4294967294')
    assert.equal(met({ user: [[-5, 1]] }), '0,1')
    // None, and too many to name: whoever asks looks again.
    assert.equal(met({ user: [[5, 3]] }), '0,1,2,1000,4294967294')
    assert.equal(met({ user: [[500, 2000]] }), '0,1,2,1000,4294967294')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
