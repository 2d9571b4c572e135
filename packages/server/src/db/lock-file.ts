import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseError } from './database-error.ts'

/**
 * Two processes on one embedded database lose data silently, so the folder has a lock: a file that names the process and
 * the moment it began (a process number alone may belong to somebody else after a restart of the machine).
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'lock')
  if (!tryLock(path)) {
    const holder = readHolder(path)
    if (holder !== undefined && startOf(holder.pid) === holder.began) {
      throw new DatabaseError(
        'database-in-use',
        `the data directory ${folder} is in use by process ${holder.pid}; stop it, or name another directory with --data`,
      )
    }
    rmSync(path, { force: true })
    if (!tryLock(path)) throw new DatabaseError('database-in-use', `another process just opened ${folder}`)
  }
  return () => rmSync(path, { force: true })
}

function tryLock(path: string): boolean {
  let file: number
  try {
    file = openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  writeSync(file, `${process.pid} ${startOf(process.pid) ?? ''}\n`)
  closeSync(file)
  return true
}

function readHolder(path: string): { readonly pid: number; readonly began: string } | undefined {
  const [pid = '', began = ''] = readFileSync(path, 'utf8').trim().split(' ')
  return /^\d+$/.test(pid) ? { pid: Number(pid), began } : undefined
}

/** When a process began, in clock ticks since boot (proc(5), stat field 22) with the boot's id; undefined: not running. */
function startOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19] ?? ''}`
  } catch {
    return startWithoutProc(pid)
  }
}

function startWithoutProc(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
    return ''
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? '' : undefined
  }
}
