import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { openKnownHosts, openLocalSession, openOfflineRoot, openSshSession } from '@plumbline/collect'
import type { Elevation, Session, SshOptions, SshSession } from '@plumbline/collect'
import type { AssetAddress, SshAddress, SshPlace } from './asset-address.ts'
import { Failure } from './failure.ts'
import type { SshSecrets } from './ssh-secrets.ts'

export interface TargetOptions {
  readonly secrets: SshSecrets
  readonly hostKey: 'accept-new' | 'strict'
  readonly knownHosts: string
  readonly commandTimeoutMs?: number
  readonly signal: AbortSignal
  /** How to wait for a machine that does not answer at once. */
  readonly stepAside?: SshOptions['stepAside']
}

/** Opens what an address names: this machine, a mounted file system, or a machine that is reached by SSH. */
export async function openTarget(address: AssetAddress, options: TargetOptions): Promise<Session | SshSession> {
  const { signal, commandTimeoutMs } = options
  switch (address.kind) {
    case 'local':
      return openLocalSession({
        asset: hostname(),
        signal,
        ...(commandTimeoutMs === undefined ? {} : { commandTimeoutMs }),
      })
    case 'root': {
      const folder = resolve(address.folder)
      if (!existsSync(folder)) throw new Failure(`there is no folder ${folder}`)
      return openOfflineRoot(folder, { signal })
    }
    case 'ssh':
      return openSsh(address, options)
  }
}

async function openSsh(address: SshAddress, options: TargetOptions): Promise<SshSession> {
  const credentials = await options.secrets.credentials(address.identities)
  const { agent, keys = [], password } = credentials
  if (agent === undefined && keys.length === 0 && password === undefined) {
    throw new Failure(
      `there is nothing to log in to ${address.name} with: start an agent, or give --identity, --ask-password or --password-stdin`,
    )
  }
  const hop = ({ host, port, user }: SshPlace) => ({ host, port, user, credentials })
  return openSshSession({
    asset: address.name,
    target: { ...hop(address), legacyAlgorithms: address.legacyAlgorithms },
    jumps: address.jumps.map(hop),
    elevation: elevationOf(address, options.secrets.becomePassword),
    hostKeys: openKnownHosts(options.knownHosts),
    unknownHostKey: options.hostKey === 'accept-new' ? 'accept-new' : 'refuse',
    shell: address.shell,
    commandTimeoutMs: options.commandTimeoutMs,
    signal: options.signal,
    stepAside: options.stepAside,
  })
}

function elevationOf({ become, name }: SshAddress, password: string | undefined): Elevation {
  if (become === 'none' || become === 'sudo-commands') return { kind: become }
  if (become === 'sudo') return { kind: 'sudo', password }
  if (password !== undefined) return { kind: 'su', password }
  throw new Failure(`su on ${name} needs the password of root: give --ask-become-password or --become-password-stdin`)
}

/** A signal that Ctrl-C fires, so that commands under way end too. */
export function interruptible(): AbortSignal {
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort(new Failure('interrupted')))
  return controller.signal
}
