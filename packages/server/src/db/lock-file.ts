import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DatabaseError } from './database-error.ts'

/** SQLite's answer when another connection has the lock. */
const busy = 5

/**
 * Two processes on one embedded database lose data silently, so its folder has a lock that the kernel keeps: it goes with
 * its process, however that ends, and two who come at once cannot both have it. Node offers such a lock only inside of
 * its SQLite, of which nothing else is used here. Beside it a file names the process, for people.
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const name = join(folder, 'lock')
  const lock = new DatabaseSync(join(folder, 'lock.sqlite'))
  try {
    lock.exec('pragma journal_mode = memory; begin exclusive')
  } catch (error) {
    lock.close()
    if ((error as { readonly errcode?: unknown }).errcode !== busy) throw error
    throw new DatabaseError(
      'database-in-use',
      `the data directory ${folder} is in use by ${holderOf(name)}; stop it, or name another directory with --data`,
    )
  }
  writeFileSync(name, `${process.pid}\n`, { mode: 0o600 })
  return () => {
    rmSync(name, { force: true })
    lock.close()
  }
}

function holderOf(name: string): string {
  try {
    return `process ${readFileSync(name, 'utf8').trim() || 'unknown'}`
  } catch {
    return 'another process'
  }
}
