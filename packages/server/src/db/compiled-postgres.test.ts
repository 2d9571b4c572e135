import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compiledPostgres } from './compiled-postgres.ts'

declare const WebAssembly: { compile(code: Uint8Array): Promise<object> }

test('the embedded PostgreSQL is compiled once, and again where that failed', async () => {
  let tries = 0
  // The real one takes seconds, and does not fail when it is asked to.
  WebAssembly.compile = (code) => {
    tries += 1
    assert.equal(Buffer.from(code.subarray(0, 4)).toString(), '\0asm')
    return tries === 1 ? Promise.reject(new RangeError('out of memory')) : Promise.resolve({ tries })
  }
  const first = [compiledPostgres(), compiledPostgres()].map((one) => assert.rejects(one, /out of memory/))
  await Promise.all(first)
  assert.deepEqual(await compiledPostgres(), { tries: 2 })
  assert.equal(await compiledPostgres(), await compiledPostgres())
  assert.equal(tries, 2)
})
