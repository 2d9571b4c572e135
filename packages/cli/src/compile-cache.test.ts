import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

const script = `
import { keepCompiled } from ${JSON.stringify(join(import.meta.dirname, 'compile-cache.ts'))}
import { getCompileCacheDir } from 'node:module'
keepCompiled(process.env)
process.stdout.write(getCompileCacheDir() ?? '')`

/** Where a process with this environment keeps what it compiles; empty: nowhere. */
function cacheWith(environment: Readonly<Record<string, string>>): string {
  return execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATH: process.env['PATH'], ...environment },
    encoding: 'utf8',
  })
}

function temporaryFolder(t: TestContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'plumbline-cache-')))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('what was compiled is kept in the caches of the user, for the user alone', (t) => {
  const caches = temporaryFolder(t)
  const folder = join(caches, 'plumbline')
  assert.ok(cacheWith({ XDG_CACHE_HOME: caches }).startsWith(`${folder}/`))
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  const home = temporaryFolder(t)
  assert.ok(cacheWith({ HOME: home }).startsWith(join(home, '.cache/plumbline/')))
})

test('nothing is kept where others could write, or where there is no home', (t) => {
  const caches = temporaryFolder(t)
  mkdirSync(join(caches, 'plumbline'))
  chmodSync(join(caches, 'plumbline'), 0o770)
  assert.equal(cacheWith({ XDG_CACHE_HOME: caches }), '')
  chmodSync(join(caches, 'plumbline'), 0o700)
  chmodSync(caches, 0o777)
  assert.equal(cacheWith({ XDG_CACHE_HOME: caches }), '')
  const missing = join(caches, 'missing')
  assert.equal(cacheWith({ HOME: missing }), '')
  assert.ok(!existsSync(missing))
})
