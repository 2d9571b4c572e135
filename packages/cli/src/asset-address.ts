import { userInfo } from 'node:os'
import { asPlace as asGivenPlace, parseJumps, PlaceError } from '@plumbline/collect'
import type { Place } from '@plumbline/collect'
import { Failure } from './failure.ts'

/** Where an asset is and how it is reached; secrets are never part of it. */
export type AssetAddress =
  | { readonly kind: 'local'; readonly name: string }
  | { readonly kind: 'root'; readonly name: string; readonly folder: string }
  | SshAddress

export interface SshAddress extends SshPlace {
  readonly kind: 'ssh'
  /** For summaries and the names of result files. */
  readonly name: string
  /** Servers to go through, the nearest first. */
  readonly jumps: readonly SshPlace[]
  /** How to become the administrator after the login. */
  readonly become: 'none' | 'su' | 'sudo' | 'sudo-commands'
  /** Private key files, besides those of `--identity`. */
  readonly identities: readonly string[]
  readonly legacyAlgorithms: boolean
  readonly shell?: string
}

export interface SshPlace {
  readonly host: string
  readonly port: number
  readonly user: string
}

const parameters = ['sudo', 'su', 'jump', 'identity', 'legacyAlgorithms', 'shell', 'name']

/** Reads what `--asset` takes: `local`, `root:DIR` or `ssh://[user@]host[:port][?sudo=true&jump=…]`. */
export function parseAsset(text: string): AssetAddress {
  if (text === 'local') return { kind: 'local', name: 'local' }
  if (text.startsWith('root:')) return { kind: 'root', name: text, folder: text.slice('root:'.length) }
  if (!text.startsWith('ssh://')) {
    throw new Failure(`--asset takes local, root:DIR or ssh://user@host[:port][?sudo=true], not "${text}"`)
  }
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new Failure(`"${text}" is no address; write ssh://user@host[:port][?sudo=true]`)
  }
  if (url.password !== '') {
    // Told without the address: it would repeat the password.
    throw new Failure(
      'a password in an address can be seen by everybody on this machine; use --password-stdin or a key',
    )
  }
  for (const name of url.searchParams.keys()) {
    if (!parameters.includes(name))
      throw new Failure(`"${name}" in ${text} is not known; there are ${parameters.join(', ')}`)
  }
  if (url.pathname !== '' && url.pathname !== '/') throw new Failure(`${text} has a path; an address has none`)
  const place = asPlace(url.hostname, url.port, decodeURIComponent(url.username), text)
  const isSet = (name: string): boolean => ['', 'true', 'yes', '1'].includes(url.searchParams.get(name) ?? 'false')
  const shell = url.searchParams.get('shell')
  return {
    kind: 'ssh',
    ...place,
    name: url.searchParams.get('name') ?? (place.port === 22 ? place.host : `${place.host}:${place.port}`),
    jumps: url.searchParams.getAll('jump').flatMap((jump) => orFailure(() => parseJumps(jump)).map(asLogin)),
    become:
      url.searchParams.get('sudo') === 'commands'
        ? 'sudo-commands'
        : isSet('sudo')
          ? 'sudo'
          : isSet('su')
            ? 'su'
            : 'none',
    identities: url.searchParams.getAll('identity'),
    legacyAlgorithms: isSet('legacyAlgorithms'),
    ...(shell === null ? {} : { shell }),
  }
}

const asPlace = (host: string, port: string, user: string, text: string): SshPlace =>
  orFailure(() => asLogin(asGivenPlace(host, port, user, text)))

/** Who logs in where nothing is said: whoever is at this machine. */
export const asLogin = ({ host, port, user }: Place): SshPlace => ({
  host,
  port: port ?? 22,
  user: user ?? userInfo().username,
})

function orFailure<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    throw error instanceof PlaceError ? new Failure(error.message) : error
  }
}
