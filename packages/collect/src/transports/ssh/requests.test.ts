import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callsFor, readAnswers, type Request } from './requests.ts'

const lines = (requests: readonly Request[], alone: readonly Request[] = []): string[] =>
  callsFor(requests, new Set(alone), 'gnu').map(({ line }) => line)

test('what many paths lead to is asked of one program, and so is which of them are too large to be brought along', () => {
  const looks = ['/a', "/b's"].flatMap((path): Request[] => [
    { kind: 'canonical', path },
    { kind: 'target', path },
    { kind: 'peek', path },
  ])
  assert.deepEqual(lines([...looks, { kind: 'status', path: '/c' }]), [
    "_canon '/a'",
    "_canon '/b'\\''s'",
    "_stats '/c'",
    "_targets '/a' '/b'\\''s'",
    "_sizes '/a' '/b'\\''s'\n_peek '/a'",
    "_peek '/b'\\''s'",
  ])
})

test('a name that could not be told from two, or had no clear answer, is asked for alone', () => {
  const unclear: Request = { kind: 'target', path: '/unclear' }
  assert.deepEqual(
    lines([{ kind: 'target', path: '/two\nlines' }, unclear, { kind: 'target', path: '/a' }], [unclear]),
    ["_targets '/two\nlines'", "_targets '/unclear'", "_targets '/a'"],
  )
})

test('of targets asked for together each has its answer; where a complaint is no clear one, those without are asked again', () => {
  const requests = ['/a', '/b'].map((path): Request => ({ kind: 'target', path }))
  const [call] = callsFor(requests, new Set(), 'gnu')
  assert.ok(call !== undefined)
  const limits = { asset: 'web-3', elevation: { kind: 'none' }, maxFileBytes: 9, maxOutputBytes: 9 } as const
  const data = Buffer.from('81a4 0 0 7 1 2 3 4 5 /b\n')
  const answersTo = (text: string): unknown[] =>
    readAnswers({ number: 1, code: 'e', text, data }, call, limits).map((answer) =>
      'value' in answer && answer.value !== undefined ? (answer.value as { size: bigint }).size : answer,
    )
  assert.deepEqual(answersTo("stat: cannot statx '/a': No such file or directory"), [{ value: undefined }, 7n])
  assert.deepEqual(answersTo("stat: cannot statx '/a': Permission denied"), [{ retry: true }, 7n])
})
