import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { openLocalSession, openOfflineRoot, type Session } from '@plumbline/collect'
import { Failure } from './failure.ts'

/** Opens what `--asset` names: `local`, or `root:DIR` for a mounted file system. */
export function openTarget(asset: string, signal: AbortSignal): Session {
  if (asset === 'local') return openLocalSession({ asset: hostname(), signal })
  if (asset.startsWith('root:')) {
    const folder = resolve(asset.slice('root:'.length))
    if (!existsSync(folder)) throw new Failure(`there is no folder ${folder}`)
    return openOfflineRoot(folder, { signal })
  }
  if (asset.startsWith('ssh://'))
    throw new Failure('assets are not reached by SSH yet; run the scan on the machine itself')
  throw new Failure(`--asset takes local or root:DIR, not "${asset}"`)
}

/** A signal that Ctrl-C fires, so that commands under way end too. */
export function interruptible(): AbortSignal {
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort(new Failure('interrupted')))
  return controller.signal
}
