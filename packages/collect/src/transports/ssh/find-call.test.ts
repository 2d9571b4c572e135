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
