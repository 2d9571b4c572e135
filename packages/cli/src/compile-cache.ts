import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * Lets Node keep what it makes of our sources (without types, compiled): the next start takes half the time. To be called
 * before anything else is imported. `NODE_DISABLE_COMPILE_CACHE=1` turns it off.
 *
 * Whoever can write to the cache decides what we run, so it is used only where no other account can: not in a shared
 * `/tmp`, where Node would put it, and not in the home of somebody else that sudo left us in.
 */
export function keepCompiled({ XDG_CACHE_HOME: given }: NodeJS.ProcessEnv): void {
  try {
    const home = homedir()
    // A home that does not exist is not to be made.
    const caches = given === undefined || given === '' ? join(realpathSync(home), '.cache') : realpathSync(given)
    const folder = join(caches, 'plumbline')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (isOursAlone(folder)) enableCompileCache(folder)
  } catch {
    // Nowhere to keep anything: then each start takes its full time.
  }
}

/** Neither the folder nor any above it belongs to another account but root, or can be written to by one. */
function isOursAlone(folder: string): boolean {
  const { uid, mode } = lstatSync(folder)
  const isOurs = uid === process.getuid?.() || uid === 0
  // In a folder with the sticky bit others may make things of their own, and leave ours alone.
  if (!isOurs || ((mode & 0o022) !== 0 && (mode & 0o1000) === 0)) return false
  return folder === dirname(folder) || isOursAlone(dirname(folder))
}
