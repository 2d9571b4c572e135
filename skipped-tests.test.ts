import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, matchesGlob } from 'node:path'
import { test } from 'node:test'

const file = `import { describe, test } from 'node:test'
test('runs', () => undefined)
test('is skipped at once', { skip: 'no tool' }, () => undefined)
test('skips itself', (t) => t.skip('no other tool'))
describe('a suite', { skip: 'no server' }, () => { test('of it', () => undefined) })
`

function run(text: string, environment: Readonly<Record<string, string>>): { status: number | null; said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-skips-'))
  try {
    writeFileSync(join(folder, 'one.test.mjs'), text)
    const reporter = join(import.meta.dirname, 'skipped-tests.ts')
    const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter', reporter], {
      cwd: folder,
      // A runner within a runner would report to it.
      env: { PATH: process.env['PATH'], ...environment },
      encoding: 'utf8',
    })
    return { status, said: stdout.replaceAll(folder, '') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a test that is skipped fails the run in CI, and is named', () => {
  const { status, said } = run(file, { CI: 'true' })
  assert.equal(status, 1)
  assert.match(said, /^\d tests were skipped, and none may be in CI:\n/)
  for (const line of ['is skipped at once (no tool)', 'skips itself (no other tool)', 'a suite (no server)']) {
    assert.ok(said.includes(`/one.test.mjs: ${line}\n`), said)
  }
  assert.equal(run(file, {}).status, 0)
  assert.deepEqual(run("import { test } from 'node:test'\ntest('runs', () => undefined)\n", { CI: 'true' }), {
    status: 0,
    said: '',
  })
})

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }

test('npm test reports skipped tests', () => {
  assert.match(scripts['test:files'] ?? '', /--test-reporter=\.\/skipped-tests\.ts/)
})

test('npm test runs every test file, and once', () => {
  const patterns = ['test:beside', 'test:alone'].flatMap((name) => scripts[name]?.match(/[^"]+\.test\.ts/g) ?? [])
  const files = globSync('**/*.test.ts', { exclude: (name) => name === 'node_modules' })
  assert.ok(files.length > 100)
  assert.deepEqual(
    files.filter((file) => patterns.filter((pattern) => matchesGlob(file, pattern)).length !== 1),
    [],
  )
})
