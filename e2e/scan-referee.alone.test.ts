import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

/* Alone: both scanners look at this machine, and nothing may change in between. */

const content = join(import.meta.dirname, '../content/plumbline-linux-baseline/plumbline-linux-baseline-ds.xml')
const entry = join(import.meta.dirname, '../packages/cli/src/main.ts')

/** The reason to skip, or false. In CI a missing referee is a failure. */
function missingReferee(): string | false {
  try {
    execFileSync('oscap', ['--version'], { stdio: 'ignore' })
    return false
  } catch {
    return process.env['CI'] === 'true' ? false : 'oscap is not installed (Debian: openscap-scanner)'
  }
}

interface Run {
  readonly status: number
  readonly output: string
}

/** Both scanners answer with 0 or 2 when they have verdicts. */
async function run(command: string, parameters: readonly string[]): Promise<Run> {
  try {
    const { stdout } = await promisify(execFile)(command, parameters, { maxBuffer: 1 << 28 })
    return { status: 0, output: stdout }
  } catch (error) {
    const failed = error as { code?: unknown; stdout?: string; stderr?: string }
    if (failed.code === 2) return { status: 2, output: failed.stdout ?? '' }
    throw new Error(`${command} ended with ${String(failed.code)}: ${failed.stderr ?? ''}`, { cause: error })
  }
}

/** Rule id → result, from an XCCDF TestResult. */
function verdicts(file: string): Record<string, string> {
  const found: Record<string, string> = {}
  const ruleResult = /<(?:\w+:)?rule-result\b[^>]*\bidref="([^"]+)"[\s\S]*?<(?:\w+:)?result>([^<]+)</g
  for (const [, rule = '', result = ''] of readFileSync(file, 'utf8').matchAll(ruleResult)) found[rule] = result
  return found
}

for (const profile of ['essential', 'server', 'strict']) {
  test(
    `plumbline scan agrees with oscap on this machine, rule by rule: profile ${profile}`,
    { skip: missingReferee() },
    async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'plumbline-referee-'))
      t.after(() => rmSync(folder, { recursive: true, force: true }))
      const [ours, theirs] = [join(folder, 'ours.xml'), join(folder, 'theirs.xml')]
      const [mine, referee] = await Promise.all([
        run(process.execPath, [entry, 'scan', '--profile', profile, '--results', ours]),
        run('oscap', ['xccdf', 'eval', '--profile', profile, '--results', theirs, content]),
      ])
      assert.deepEqual(verdicts(ours), verdicts(theirs))
      assert.ok(Object.keys(verdicts(ours)).length >= 20, 'a profile has at least 20 rules')
      assert.equal(mine.status, referee.status)
    },
  )
}
