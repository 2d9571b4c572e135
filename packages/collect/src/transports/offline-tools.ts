import { copyFile, lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asTransportError, TransportError } from '../errors.ts'
import type { CommandResult, Session } from '../session.ts'

type Command = readonly [string, ...string[]]

interface OfflineTools {
  run(command: Command): Promise<CommandResult>
  close(): Promise<void>
}

/** A database of packages larger than this is not copied. */
const maxDatabaseBytes = 2 * 1024 ** 3

/**
 * The programs of this machine that can be asked about a root that is only mounted: they look at files that they are
 * named, and neither run nor load anything of the root. Others throw `not-possible-offline`.
 *
 * `getfattr`, `ls` and the programs that hash are named files by their places on this machine. `rpm` is asked of its database
 * alone, of the folder of the root after `--dbpath`: of a copy of it, for rpm makes files beside the database that it reads. To
 * look at files it would change into the root, and run the packages' scripts there.
 */
export function offlineTools(
  local: Session,
  root: string,
  /** Where this machine sees a path of the root, links followed. */
  locate: (path: string) => Promise<string | undefined>,
): OfflineTools {
  const copies = new Map<string, Promise<string>>()

  const copyOf = (folder: string): Promise<string> => {
    const made = copies.get(folder) ?? copyDatabase(folder, locate, local.asset)
    copies.set(folder, made)
    made.catch(() => undefined)
    return made
  }

  return {
    async run(command) {
      const [program, first = '', folder = '', ...rest] = command
      if (takesFiles.test(program) && namesOnlyBelow(root, command)) return local.run(command)
      if (program === 'rpm' && first === '--showrc') return local.run(command)
      if (program === 'rpm' && first === '--dbpath' && asksDatabase(rest)) {
        return local.run(['rpm', '--dbpath', await copyOf(folder), ...rest])
      }
      throw new TransportError(
        'not-possible-offline',
        `${program} cannot be asked: ${local.asset} is a mounted file system, not a running system`,
      )
    },
    async close() {
      const made = await Promise.allSettled(copies.values())
      for (const one of made) {
        if (one.status === 'fulfilled') await rm(join(one.value, '..'), { recursive: true, force: true })
      }
    },
  }
}

const asksDatabase = (options: readonly string[]): boolean =>
  options.includes('--query') || ['--verify', '--nofiles', '--noscripts'].every((option) => options.includes(option))

const takesFiles = /^(?:getfattr|ls|md5sum|sha\d+sum)$/

/** Files are named after `--`. Others than those of the root are nobody's business here. */
function namesOnlyBelow(root: string, command: Command): boolean {
  const above = root === '/' ? '/' : `${root}/`
  return command.slice(command.indexOf('--') + 1).every((path) => path === root || path.startsWith(above))
}

/** The plain files of a folder of the root, in a folder that only this account can look into. */
async function copyDatabase(
  folder: string,
  locate: (path: string) => Promise<string | undefined>,
  asset: string,
): Promise<string> {
  const from = await locate(folder)
  if (from === undefined) throw new TransportError('command-failed', `there is no folder ${folder} on ${asset}`)
  const to = await mkdtemp(join(tmpdir(), 'plumbline-rpm-'))
  try {
    await mkdir(join(to, 'database'))
    let bytes = 0
    for (const name of await readdir(from)) {
      const status = await lstat(join(from, name))
      // What is shared by those that have it open is made anew from the rest.
      if (!status.isFile() || name.endsWith('-shm') || name.startsWith('__db.')) continue
      bytes += status.size
      if (bytes > maxDatabaseBytes) {
        throw new TransportError('too-large', `the database of packages in ${folder} on ${asset} is too large`)
      }
      await copyFile(join(from, name), join(to, 'database', name))
    }
    return join(to, 'database')
  } catch (error) {
    await rm(to, { recursive: true, force: true })
    throw asTransportError(error, folder, asset)
  }
}
