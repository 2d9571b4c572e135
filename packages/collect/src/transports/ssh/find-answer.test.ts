import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FindRequest } from '../../session.ts'
import { readWalks } from './find-answer.ts'

const request: FindRequest = { start: '/srv', barred: [], where: { all: [] }, limit: 10 }
const walk = (text: string) =>
  readWalks({ number: 1, code: 'w', text, data: Buffer.alloc(0) }, [request], { asset: 'web-3', grant: undefined })
const nothing = [{ entries: [], isCut: false, startIsLink: false }]

test('a walk in which files went away is whole', () => {
  assert.deepEqual(walk(',,0,\n0'), nothing)
  const gone = "find: '/srv/1': No such file or directory\nfind: '/srv/2': No such file or directory\n"
  assert.deepEqual(walk(`,,1,${gone}\n1`), nothing)
})

test('a walk that could not look into a directory fails, and names it', () => {
  const text = ",,1,find: '/srv/1': No such file or directory\nfind: '/srv/2': Permission denied\n\n1"
  assert.throws(() => walk(text), {
    code: 'permission-denied',
    message: /cannot read \/srv\/2 on web-3: permission denied/,
  })
  assert.throws(() => walk(',,1,find: unknown predicate\n\n1'), {
    code: 'input-output-error',
    message: /unknown predicate/,
  })
  assert.throws(() => walk(',,137,\n137'), { code: 'timed-out' })
  // Of so many complaints not all were kept.
  assert.throws(() => walk(`,,1,${"find: '/srv/1': No such file or directory\n".repeat(120)}\n1`), {
    code: 'input-output-error',
  })
})
