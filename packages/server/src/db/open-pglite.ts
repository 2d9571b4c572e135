import { fsyncSync, openAsBlob } from 'node:fs'
import { PGlite, type PGliteOptions } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import type { CompiledPostgres } from './compiled-postgres.ts'
import { embeddedParsers } from './value-parsers.ts'

const settings = ['-c', 'shared_buffers=16MB', '-c', 'timezone=UTC']

interface PgliteSources {
  /** In memory: a tar archive of the files that it begins with. */
  readonly archive?: string | undefined
  /** PostgreSQL, where it is compiled already. */
  readonly postgres?: CompiledPostgres
}

/** The embedded PostgreSQL over the files of a folder, which it makes where there are none; in memory without one. */
export async function openPglite(folder: string | undefined, sources: PgliteSources = {}): Promise<PGlite> {
  try {
    return await (folder === undefined ? openInMemory(sources) : openFolder(folder, sources))
  } catch (error) {
    throw error instanceof Error ? error : new Error(`its files cannot be read or written: ${systemError(error)}`)
  }
}

const compiled = ({ postgres }: PgliteSources): PGliteOptions =>
  postgres === undefined ? {} : { pgliteWasmModule: postgres }

async function openInMemory({ archive, ...sources }: PgliteSources): Promise<PGlite> {
  return PGlite.create({
    ...compiled(sources),
    ...(archive === undefined ? {} : { loadDataDir: await openAsBlob(archive) }),
    parsers: embeddedParsers,
    startParams: [...PGlite.defaultStartParams, ...settings],
  })
}

function openFolder(folder: string, sources: PgliteSources): Promise<PGlite> {
  return PGlite.create({
    ...compiled(sources),
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
