import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const entry = join(import.meta.dirname, 'main.ts')
const hasReferee = spawnSync('oscap', ['--version']).status === 0
if (!hasReferee && process.env['CI'] === 'true') throw new Error('oscap is missing: install openscap-utils')

/** Why nothing can be compared with the referee here; false where it can. */
export const skip = hasReferee ? false : 'oscap is not installed (Debian: openscap-utils)'

export interface Answer {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** What our program answers. */
export const runOurs = (words: readonly string[], cwd: string, environment: NodeJS.ProcessEnv = {}): Promise<Answer> =>
  run(process.execPath, [entry, ...words], cwd, environment)

/** What the referee answers. */
export const runTheirs = (
  words: readonly string[],
  cwd: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<Answer> => run('oscap', words, cwd, environment)

/** What both answer, asked at once, each in a folder of its own: `ours` and `theirs`. */
export async function runBoth(
  words: readonly string[],
  folder: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<{ readonly ours: Answer; readonly theirs: Answer }> {
  const [ours, theirs] = await Promise.all([
    runOurs(words, join(folder, 'ours'), environment),
    runTheirs(words, join(folder, 'theirs'), environment),
  ])
  return { ours, theirs }
}

async function run(
  program: string,
  words: readonly string[],
  cwd: string,
  environment: NodeJS.ProcessEnv,
): Promise<Answer> {
  const env = { ...process.env, SEXP_VALIDATE_DISABLE: '1', ...environment }
  try {
    const { stdout, stderr } = await promisify(execFile)(program, words, { cwd, env, maxBuffer: 1 << 28 })
    return { status: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { status: code, stdout: stdout ?? '', stderr: stderr ?? '' }
  }
}
