import { userInfo } from 'node:os'
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
  readonly become: 'none' | 'su' | 'sudo'
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
    jumps: url.searchParams.getAll('jump').flatMap((jump) => jump.split(',').map(parsePlace)),
    become: isSet('sudo') ? 'sudo' : isSet('su') ? 'su' : 'none',
    identities: url.searchParams.getAll('identity'),
    legacyAlgorithms: isSet('legacyAlgorithms'),
    ...(shell === null ? {} : { shell }),
  }
}

/** `[user@]host[:port]`, as OpenSSH writes a jump host. */
export function parsePlace(text: string): SshPlace {
  const [, user = '', bracketed, plain, port = ''] =
    /^(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  return asPlace(bracketed ?? plain ?? '', port, user, text)
}

export function asPlace(host: string, port: string, user: string, text: string): SshPlace {
  const name = host.replace(/^\[|\]$/g, '')
  const number = port === '' ? 22 : Number(port)
  // A name with other characters could not be one, and would end up in files and messages.
  if (!/^[\w.:%-]+$/.test(name) || name.startsWith('-')) throw new Failure(`"${text}" names no host`)
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new Failure(`"${text}" has no port from 1 to 65535`)
  return { host: name, port: number, user: user === '' ? userInfo().username : user }
}
