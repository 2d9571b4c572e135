import { lstat } from 'node:fs/promises'
import type { FileCondition, FindAnswer, FindRequest } from '../session.ts'
import { asStatus } from './file-status.ts'
import { maxOutputBytes, runCommand, type CommandBounds } from './local-command.ts'
import { readFind } from './ssh/find-answer.ts'
import { findWords, mostBytes } from './ssh/find-call.ts'

type Place = Pick<CommandBounds, 'asset' | 'signal'>

/** Whether this machine has a find(1) that answers several walks at once: GNU's. */
export async function hasFindProgram(place: Place): Promise<boolean> {
  try {
    const { stdout } = await runCommand(['find', '--version'], { ...place, timeoutMs: 10_000 })
    return Buffer.from(stdout).toString('latin1').startsWith('find (GNU findutils)')
  } catch {
    return false
  }
}

/** The kernel takes no longer parameter. */
const longestWords = 120_000

/**
 * The walks of one `walkKey`, made by find(1): it takes half the time that Node takes to look at a file. `undefined`
 * for what it cannot be asked, and where it complained of more than of files that went away.
 */
export async function askFindProgram(
  requests: readonly FindRequest[],
  place: Place,
): Promise<readonly FindAnswer[] | undefined> {
  const words = findWords(requests, 'gnu')
  if (words.length > longestWords) return undefined
  const answers = await findAll(words, requests, place)
  if (answers === undefined) return undefined
  const link = await linkAt(requests[0]?.start ?? '')
  if (link === undefined) return answers
  // Told of is the link, though what it leads to is walked.
  return answers.map(({ entries, isCut: isShort }) => ({
    isCut: isShort,
    entries: entries.map((entry) => (entry.path === requests[0]?.start ? { ...entry, status: link } : entry)),
  }))
}

async function findAll(
  words: string,
  requests: readonly FindRequest[],
  place: Place,
): Promise<readonly FindAnswer[] | undefined> {
  const cutAfterBytes = Math.min(mostBytes(requests), maxOutputBytes - 1)
  try {
    const end = await runCommand(['sh', '-c', `exec find -H ${words}`], { ...place, cutAfterBytes })
    const { isCut, exitStatus, stderr, stdout } = end
    return readFind({ isCut, status: String(exitStatus), complaints: stderr, output: Buffer.from(stdout) }, requests, {
      asset: place.asset,
      grant: undefined,
    })
  } catch {
    place.signal?.throwIfAborted()
    return undefined
  }
}

async function linkAt(path: string): Promise<ReturnType<typeof asStatus> | undefined> {
  const stats = await lstat(path, { bigint: true }).catch(() => undefined)
  return stats?.isSymbolicLink() === true ? asStatus(stats) : undefined
}

/**
 * Whether find(1) prints little more than is wanted. Of patterns that single files out it knows a text at most that they need;
 * a walk of our own takes as long.
 */
export function suitsFindProgram(condition: FileCondition): boolean {
  if ('all' in condition) return condition.all.some(narrows) || condition.all.every(suitsFindProgram)
  if ('any' in condition) return condition.any.every(suitsFindProgram)
  if ('namePattern' in condition) return anything.has(condition.namePattern)
  return !('pathPattern' in condition)
}

function narrows(condition: FileCondition): boolean {
  if ('all' in condition) return condition.all.some(narrows)
  return 'mode' in condition || 'user' in condition || 'group' in condition || 'name' in condition
}

/** Patterns that nearly every name matches, as content writes them. */
const anything: ReadonlySet<string> = new Set(['', '.', '.*', '.+', '^.*', '^.+', '.*$', '.+$', '^.*$', '^.+$'])
