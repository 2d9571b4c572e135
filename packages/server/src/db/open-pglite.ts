import { fsyncSync, openAsBlob } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import { embeddedParsers } from './value-parsers.ts'

const settings = ['-c', 'shared_buffers=16MB', '-c', 'timezone=UTC']

/**
 * The embedded PostgreSQL over the files of a folder, which it makes where there are none; in memory without one, and there
 * over the files of an archive, if any.
 */
export async function openPglite(folder: string | undefined, archive?: string): Promise<PGlite> {
  try {
    return await (folder === undefined ? openInMemory(archive) : openFolder(folder))
  } catch (error) {
    throw error instanceof Error ? error : new Error(`its files cannot be read or written: ${systemError(error)}`)
  }
}

async function openInMemory(archive: string | undefined): Promise<PGlite> {
  return PGlite.create({
    ...(archive === undefined ? {} : { loadDataDir: await openAsBlob(archive) }),
    parsers: embeddedParsers,
    startParams: [...PGlite.defaultStartParams, ...settings],
  })
}

function openFolder(folder: string): Promise<PGlite> {
  return PGlite.create({
    fs: new DurableNodeFS(folder),
    parsers: embeddedParsers,
    // The default, fdatasync, does nothing in this build.
    startParams: [
      ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
      ...settings,
      '-c',
      'wal_sync_method=fsync',
    ],
  })
}

/** PGlite's own file system never calls fsync, and starts PostgreSQL with it off: an acknowledged commit would not survive a power cut. */
class DurableNodeFS extends NodeFS {
  override async init(...parameters: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(...parameters)
    const syncFiles = (module: unknown): void => {
      // The module's file system table; PGlite's types leave it out.
      const { NODEFS } = module as { NODEFS: { stream_ops: { fsync?: (stream: { nfd: number }) => number } } }
      NODEFS.stream_ops.fsync = (stream) => {
        fsyncSync(stream.nfd)
        return 0
      }
    }
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), syncFiles] } }
  }
}

/** The file system below PostgreSQL throws objects with a number of WASI (`__wasi_errno_t`), which are no errors of JavaScript. */
function systemError(thrown: unknown): string {
  const { errno } = thrown as { readonly errno?: unknown }
  const known: Readonly<Record<number, string>> = {
    2: 'Permission denied',
    29: 'Input/output error',
    51: 'No space left on device',
  }
  return known[Number(errno)] ?? `error ${String(errno)} of the file system`
}
