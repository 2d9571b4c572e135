import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const maker = new URL('./embedded-maker.ts', import.meta.url)
/** Optimising a PostgreSQL that runs for seconds costs more than it saves: 4 instead of 7 seconds of processor time. */
const quickly = ['--liftoff-only']

/**
 * Makes the files of an embedded database where there are none, in a process of its own, and wholly or not at all: they get
 * their name when they are there. The folder around them is nobody else's meanwhile. The signal gives the making up.
 */
export async function makeEmbedded(files: string, signal?: AbortSignal): Promise<void> {
  if (existsSync(files)) return
  signal?.throwIfAborted()
  const drafts = `${basename(files)}.new-`
  for (const name of readdirSync(dirname(files)).filter((one) => one.startsWith(drafts))) {
    rmSync(join(dirname(files), name), { recursive: true, force: true, maxRetries: 5 })
  }
  const draft = join(dirname(files), `${drafts}${randomUUID()}`)
  const child = fork(maker, [draft], { execArgv: quickly, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const giveUp = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', giveUp)
  let why = 'the process that makes it was ended'
  child.on('message', (message) => {
    if (typeof message === 'string') why = message
  })
  // What it says comes before the channel ends, which may be after the process has.
  const [[status]] = await Promise.all([once(child, 'exit') as Promise<[number | null]>, once(child, 'disconnect')])
  signal?.removeEventListener('abort', giveUp)
  if (status !== 0) {
    rmSync(draft, { recursive: true, force: true })
    throw new Error(why)
  }
  renameSync(draft, files)
}
