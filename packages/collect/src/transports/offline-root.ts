import { resolve } from 'node:path'
import { TransportError } from '../errors.ts'
import { onceCache, type FileCondition, type Session } from '../session.ts'
import { openLocalSession, type LocalOptions } from './local.ts'
import { offlineTools } from './offline-tools.ts'

const maxLinks = 40

/**
 * A file system mounted below a folder of this machine, read as if that folder were `/`: links are followed inside it.
 * Nothing of it runs: what only a running system can tell is not collected.
 */
export function openOfflineRoot(root: string, options: LocalOptions = {}): Session {
  const asset = options.asset ?? root
  const local = openLocalSession({ ...options, asset })
  const above = root === '/' ? '' : root
  const outside = (path: string): string => (path === '/' ? root : `${above}${path}`)

  /** Every directory on the way is looked at, for a link in it may lead out of the root. */
  async function canonical(path: string, followLast: boolean): Promise<string | undefined> {
    let links = 0
    let done = '/'
    let rest = path.split('/').filter((part) => part !== '' && part !== '.')
    while (rest.length > 0) {
      const [part = '', ...after] = rest
      rest = after
      if (part === '..') {
        done = resolve(done, '..')
        continue
      }
      const next = done === '/' ? `/${part}` : `${done}/${part}`
      const status = rest.length > 0 || followLast ? await local.status(outside(next)) : undefined
      if (status?.kind !== 'symbolic link') {
        done = next
        continue
      }
      links += 1
      if (links > maxLinks)
        throw new TransportError('too-many-links', `cannot read ${path} on ${asset}: too many symbolic links`)
      const target = await local.readLink(outside(next))
      if (target === undefined) return undefined
      if (target.startsWith('/')) done = '/'
      rest = [...target.split('/').filter((one) => one !== '' && one !== '.'), ...rest]
    }
    return done
  }

  const at = async <Value>(
    path: string,
    followLast: boolean,
    read: (inside: string) => Promise<Value | undefined>,
  ): Promise<Value | undefined> => {
    const found = await canonical(path, followLast)
    return found === undefined ? undefined : read(outside(found))
  }

  const placeOf = (path: string): Promise<string | undefined> => at(path, false, async (inside) => inside)
  const tools = offlineTools(local, root, (path) => at(path, true, async (inside) => inside))
  return {
    asset,
    canRun: false,
    placeOf,
    readBytes: (path) => at(path, true, (inside) => local.readBytes(inside)),
    readText: (path) => at(path, true, (inside) => local.readText(inside)),
    status: (path) => at(path, false, (inside) => local.status(inside)),
    list: (path) => at(path, true, (inside) => local.list(inside)),
    async find(request) {
      const start = await canonical(request.start, true)
      if (start === undefined) return undefined
      // The walk sees paths from outside; they are told as if the root were all there is.
      const found = await local.find({
        ...request,
        start: outside(start),
        barred: request.barred.map((path) => outside(renamed(path, request.start, start))),
        where: withoutPaths(request.where),
      })
      return found === undefined
        ? undefined
        : {
            ...found,
            entries: found.entries.map(({ path, status }) => ({
              path: renamed(path.slice(above.length) || '/', start, request.start),
              status,
            })),
          }
    },
    readLink: (path) => at(path, false, (inside) => local.readLink(inside)),
    async canonicalPath(path) {
      const found = await canonical(path, true)
      return found !== undefined && (await local.status(outside(found))) !== undefined ? found : undefined
    },
    run: (command) => tools.run(command),
    once: onceCache(),
    async close() {
      await tools.close()
      await local.close()
    },
  }
}

/** A path below `from`, as a path below `to`. */
function renamed(path: string, from: string, to: string): string {
  if (path === from) return to
  const [below, instead] = [from, to].map((folder) => (folder === '/' ? '/' : `${folder}/`))
  return path.startsWith(below ?? '') ? `${instead}${path.slice(below?.length)}` : path
}

/** Paths inside are not those that the walk sees: patterns on them are left to whoever asked. */
function withoutPaths(condition: FileCondition): FileCondition {
  if ('all' in condition) return { all: condition.all.map(withoutPaths) }
  if ('any' in condition) return { any: condition.any.map(withoutPaths) }
  if ('not' in condition) return { not: withoutPaths(condition.not) }
  return 'pathPattern' in condition ? { all: [] } : condition
}
