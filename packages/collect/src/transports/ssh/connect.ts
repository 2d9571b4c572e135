import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2, { type Client } from 'ssh2'
import type { TransportError } from '../../errors.ts'
import { algorithmsFor } from './algorithms.ts'
import { approveHostKey, asHostKeyError } from './approve-host-key.ts'
import { authMethods, type SshCredentials } from './credentials.ts'
import { hostKeyName, type HostKeys } from './known-hosts.ts'
import { beginning, greeting, patiently, type StepAside } from './patience.ts'
import { forward, reach } from './reach.ts'
import { sessionError } from './session-error.ts'

/** A server to log in to, on the way to the asset or the asset itself. */
export interface SshHop {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly credentials: SshCredentials
  /** Offers algorithms that are broken or close to it, for machines that know no better. */
  readonly legacyAlgorithms?: boolean | undefined
}

export interface ConnectOptions {
  readonly hostKeys: HostKeys
  /** What to do about a host of which no key is known: refuse it, or approve the key that it shows. */
  readonly unknownHostKey: 'accept-new' | 'refuse'
  readonly connectTimeoutMs: number
  readonly authenticateTimeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly stepAside?: StepAside | undefined
}

/** A connection that is logged in. */
export interface Connection {
  readonly client: Client
  /** Why it ended, once it has. */
  readonly ended: Promise<TransportError>
  /** Bytes on the wire, both ways, with all that SSH adds. */
  traffic(): { readonly sent: number; readonly received: number }
  /** Counts what comes from the asset itself; its server answers even while a command is silent. */
  readonly signsOfLife: () => number
  close(): void
}

/** How often a server is asked for a sign of life, and how many may be missed: it is given up after 75 s. */
const keepaliveIntervalMs = 1000
const keepaliveMisses = 74

/** Logs in to each hop through the one before it; the last is the asset. */
export async function connect(hops: readonly SshHop[], options: ConnectOptions): Promise<Connection> {
  const clients: Client[] = []
  const close = (): void => {
    for (const client of clients.toReversed()) client.destroy()
    socket?.destroy()
  }
  let socket: Socket | undefined
  const { stepAside } = options
  const onAbort = (): void => close()
  options.signal?.throwIfAborted()
  options.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const [first, ...others] = hops
    if (first === undefined) throw new Error('there is no host to connect to')
    const open = await patiently(reach(first, options), stepAside, greeting)
    socket = open
    if (open.destroyed) throw sessionError(undefined, first)
    let { client, ended, signsOfLife } = await patiently(logIn(first, socket, options), stepAside, beginning)
    clients.push(client)
    let from = first
    for (const hop of others) {
      // The session with the server on the way is open meanwhile.
      const stream = await patiently(forward(client, from, hop, options), stepAside, { ...greeting, lateness: 'stuck' })
      const next = await patiently(logIn(hop, stream, options), stepAside, beginning)
      clients.push(next.client)
      ended = Promise.race([next.ended, ended])
      ;({ client, signsOfLife } = next)
      from = hop
    }
    const { bytesRead, bytesWritten } = socket
    options.signal?.throwIfAborted()
    // From here on it is the session that gives up: what runs on the asset has to be ended first.
    options.signal?.removeEventListener('abort', onAbort)
    return {
      client,
      ended,
      // What logging in took is counted apart: it is the same for every program.
      traffic: () => ({ sent: open.bytesWritten - bytesWritten, received: open.bytesRead - bytesRead }),
      signsOfLife,
      close,
    }
  } catch (error) {
    close()
    options.signal?.removeEventListener('abort', onAbort)
    options.signal?.throwIfAborted()
    throw error
  }
}

function logIn(
  hop: SshHop,
  sock: Duplex,
  options: ConnectOptions,
): Promise<Pick<Connection, 'client' | 'ended' | 'signsOfLife'>> {
  const { host, port, user } = hop
  const name = hostKeyName(host, port)
  const client = new ssh2.Client()
  const methods = authMethods(user, hop.credentials, client)
  return new Promise((resolve, reject) => {
    let refusedKey: TransportError | undefined
    const ended = new Promise<TransportError>((tell) => {
      const lost = (error?: Error): void => {
        const failure = refusedKey ?? sessionError(error, hop)
        reject(failure)
        tell(failure)
      }
      client.on('error', lost)
      client.on('close', () => lost())
    })
    let pieces = 0
    client.on('ready', () => resolve({ client, ended, signsOfLife: () => pieces }))
    // Somebody may tell only after the login is given up.
    client.connect({
      sock: sock as NonNullable<Parameters<Client['connect']>[0]['sock']>,
      username: user,
      readyTimeout: options.authenticateTimeoutMs,
      keepaliveInterval: keepaliveIntervalMs,
      keepaliveCountMax: keepaliveMisses,
      algorithms: algorithmsFor(options.hostKeys.knownTypes(name), hop.legacyAlgorithms === true),
      hostVerifier: (key: Buffer, answer: (approved: boolean) => void) => {
        approveHostKey(name, key, options).then(
          () => answer(true),
          (error: unknown) => {
            refusedKey = asHostKeyError(error, name)
            answer(false)
          },
        )
      },
      authHandler: nextMethod(methods),
    })
    sock.on('data', () => (pieces += 1))
  })
}

/** Each method once, but for those that the server would not take anyway. */
function nextMethod(methods: readonly ssh2.AnyAuthMethod[]): ssh2.AuthHandlerMiddleware {
  const left = [...methods]
  return (allowed, _partial, next) => {
    const usable = (method: ssh2.AnyAuthMethod): boolean => {
      // Undefined at first: the server has not said yet.
      const names = allowed as readonly string[] | null | undefined
      return names == null || names.includes(method.type === 'agent' ? 'publickey' : method.type)
    }
    while (left[0] !== undefined && !usable(left[0])) left.shift()
    const method = left.shift()
    next(method ?? (false as unknown as ssh2.AnyAuthMethod))
  }
}
