import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { collect, openLocalSession, openOfflineRoot, type Session } from '@plumbline/collect'
import type { CollectionPlan, SystemCharacteristics } from '@plumbline/scap'
import { currentTime } from '../clock.ts'
import { Failure } from '../failure.ts'
import { interruptible } from '../scan-target.ts'

/**
 * Collects from where the referee's environment says: `OSCAP_PROBE_ROOT` is a mounted file system,
 * `OSCAP_PROBE_IGNORE_PATHS` (separated by colons) are left out, `OSCAP_PROBE_MAX_COLLECTED_ITEMS` bounds an object.
 */
export async function collectAsReferee(
  plan: CollectionPlan,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<SystemCharacteristics> {
  const signal = interruptible()
  const session = openByEnvironment(environment, signal)
  const maxItems = maxItemsOf(environment)
  try {
    return await collect(session, plan, { now: currentTime(), signal, ...(maxItems === undefined ? {} : { maxItems }) })
  } finally {
    await session.close()
  }
}

function openByEnvironment(environment: NodeJS.ProcessEnv, signal: AbortSignal): Session {
  const root = environment['OSCAP_PROBE_ROOT'] ?? ''
  if (root !== '' && !existsSync(root)) throw new Failure(`OSCAP_PROBE_ROOT: there is no folder ${root}`)
  const session =
    root === '' || resolve(root) === '/'
      ? { ...openLocalSession({ asset: hostname(), signal }), takesRelativePaths: true as const }
      : openOfflineRoot(resolve(root), { signal })
  const ignored = (environment['OSCAP_PROBE_IGNORE_PATHS'] ?? '').split(':').filter((path) => path !== '')
  return ignored.length === 0 ? session : ignoringPaths(session, ignored)
}

function maxItemsOf(environment: NodeJS.ProcessEnv): number | undefined {
  const text = environment['OSCAP_PROBE_MAX_COLLECTED_ITEMS'] ?? ''
  if (text === '' || text === '0') return undefined
  if (!/^\d{1,9}$/.test(text)) throw new Failure(`OSCAP_PROBE_MAX_COLLECTED_ITEMS is not a number: ${text}`)
  return Number(text)
}

/** A session that knows nothing of some folders and files, nor of what is below them. */
export function ignoringPaths(session: Session, paths: readonly string[]): Session {
  const ignored = paths.map((path) => resolve(path))
  const isIgnored = (path: string): boolean =>
    ignored.some((one) => path === one || path.startsWith(one === '/' ? '/' : `${one}/`))
  const unless =
    <Value>(read: (path: string) => Promise<Value | undefined>) =>
    async (path: string): Promise<Value | undefined> =>
      isIgnored(resolve(path)) ? undefined : await read(path)
  return {
    ...session,
    readBytes: unless((path) => session.readBytes(path)),
    readText: unless((path) => session.readText(path)),
    status: unless((path) => session.status(path)),
    readLink: unless((path) => session.readLink(path)),
    canonicalPath: unless((path) => session.canonicalPath(path)),
    list: unless(async (directory) => {
      const entries = await session.list(directory)
      return entries?.filter(({ name }) => !isIgnored(resolve(directory, name)))
    }),
    async find(request) {
      if (isIgnored(resolve(request.start))) return undefined
      const answer = await session.find({ ...request, barred: [...request.barred, ...ignored] })
      return answer && { ...answer, entries: answer.entries.filter(({ path }) => !isIgnored(path)) }
    },
  }
}
