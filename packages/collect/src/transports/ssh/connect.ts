import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2, { type Client } from 'ssh2'
import { TransportError } from '../../errors.ts'
import { algorithmsFor } from './algorithms.ts'
import { authMethods, expiredCertificates, type SshCredentials } from './credentials.ts'
import { fingerprint, hostKeyName, keyType, type HostKeys } from './known-hosts.ts'

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

/**
 * How whoever opens many sessions waits for a machine that has not answered within a moment: it may let others go on, and
 * come back when it is their turn again.
 */
export type StepAside = <Value>(wait: Promise<Value>) => Promise<Value>

/** A connection that is logged in. */
export interface Connection {
  readonly client: Client
  /** Why it ended, once it has. */
  readonly ended: Promise<TransportError>
  /** Bytes on the wire, both ways, with all that SSH adds. */
  traffic(): { readonly sent: number; readonly received: number }
  close(): void
}

/** A machine that is there answers within this, but for a lost packet. */
const momentMs = 500

/** How often a silent server is asked for a sign of life, and how many may be missed. */
const keepaliveIntervalMs = 15_000
const keepaliveMisses = 4

/** Logs in to each hop through the one before it; the last is the asset. */
export async function connect(hops: readonly SshHop[], options: ConnectOptions): Promise<Connection> {
  const clients: Client[] = []
  const close = (): void => {
    for (const client of clients.toReversed()) client.destroy()
    socket?.destroy()
  }
  let socket: Socket | undefined
  const onAbort = (): void => close()
  options.signal?.throwIfAborted()
  options.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const [first, ...others] = hops
    if (first === undefined) throw new Error('there is no host to connect to')
    const open = await patiently(reach(first, options), options)
    socket = open
    if (open.destroyed) throw sessionError(undefined, first)
    let { client, ended } = await logIn(first, socket, options)
    clients.push(client)
    let from = first
    for (const hop of others) {
      const stream = await patiently(forward(client, from, hop, options), options)
      const next = await logIn(hop, stream, options)
      clients.push(next.client)
      ended = Promise.race([next.ended, ended])
      ;({ client } = next)
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
      close,
    }
  } catch (error) {
    close()
    options.signal?.removeEventListener('abort', onAbort)
    options.signal?.throwIfAborted()
    throw error
  }
}

/** Waits a moment in place, and aside from then on. */
async function patiently<Value>(wait: Promise<Value>, { stepAside }: ConnectOptions): Promise<Value> {
  if (stepAside === undefined) return wait
  const moment = Promise.withResolvers<true>()
  const timer = setTimeout(() => moment.resolve(true), momentMs)
  try {
    const isLate = await Promise.race([wait.then(() => false), moment.promise])
    return await (isLate ? stepAside(wait) : wait)
  } finally {
    clearTimeout(timer)
  }
}

/** A connection whose other side has begun to speak: what takes connections and is silent is as good as not there. */
async function reach(hop: SshHop, options: ConnectOptions): Promise<Socket> {
  const { host, port } = hop
  // Without noDelay each request waits 40 ms for an acknowledgement that comes late.
  const socket = connectSocket({ host, port, noDelay: true })
  const giveUp = (): void => void socket.destroy(new Error('given up'))
  options.signal?.addEventListener('abort', giveUp, { once: true })
  try {
    await onceWithin(socket, 'connect', options.connectTimeoutMs, (error) =>
      connectError(error, hostKeyName(host, port)),
    )
    // Nothing is taken from it yet; its end is told in the same way.
    await onceWithin(socket, 'readable', options.authenticateTimeoutMs, (error) => sessionError(error, hop))
    return socket
  } finally {
    options.signal?.removeEventListener('abort', giveUp)
    // An error that comes later is told by the client that uses the socket.
    socket.on('error', () => undefined)
  }
}

async function onceWithin(
  socket: Socket,
  event: 'connect' | 'readable',
  timeoutMs: number,
  asError: (error: Error) => TransportError,
): Promise<void> {
  const late = Object.assign(new Error(`no answer within ${timeoutMs / 1000} s`), { level: 'client-timeout' })
  const timer = setTimeout(() => socket.destroy(late), timeoutMs)
  try {
    await once(socket, event)
  } catch (error) {
    throw asError(error as Error)
  } finally {
    clearTimeout(timer)
  }
}

function connectError(error: unknown, place: string): TransportError {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') {
    return new TransportError(
      'connection-refused',
      `nothing listens at ${place}; check the port, and that sshd runs there`,
      {
        cause: error,
      },
    )
  }
  const why = code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'its name is not known here' : message
  return new TransportError('unreachable', `cannot reach ${place}: ${why}; check name, address, route and firewall`, {
    cause: error,
  })
}

/** A connection from a server that we are logged in to, to the next. */
function forward(client: Client, from: SshHop, to: SshHop, { connectTimeoutMs }: ConnectOptions): Promise<Duplex> {
  const way = `${hostKeyName(to.host, to.port)} from ${from.host}`
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(new TransportError('unreachable', `cannot reach ${way}: no answer within ${connectTimeoutMs / 1000} s`)),
      connectTimeoutMs,
    )
    client.forwardOut('127.0.0.1', 0, to.host, to.port, (error, stream) => {
      clearTimeout(timer)
      if (error === undefined) resolve(stream)
      else reject(new TransportError('unreachable', `cannot reach ${way}: ${error.message}`, { cause: error }))
    })
  })
}

function logIn(
  hop: SshHop,
  sock: Duplex,
  options: ConnectOptions,
): Promise<{ client: Client; ended: Promise<TransportError> }> {
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
    client.on('ready', () => resolve({ client, ended }))
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

async function approveHostKey(host: string, key: Buffer, { hostKeys, unknownHostKey }: ConnectOptions): Promise<void> {
  const shown = `${keyType(key)} ${fingerprint(key)}`
  switch (hostKeys.check(host, key)) {
    case 'approved':
      return
    case 'changed':
      throw new TransportError(
        'host-key-changed',
        `the host key of ${host} is not the approved one: it shows ${shown}; make sure that the machine was set up anew and nobody is in between, then remove the old key and approve this one`,
      )
    case 'revoked':
      throw new TransportError('host-key-changed', `the host key of ${host}, ${shown}, is marked as revoked`)
    case 'unknown':
      if (unknownHostKey === 'accept-new') return hostKeys.approve(host, key)
      throw new TransportError(
        'host-key-unknown',
        `no host key is approved for ${host}: it shows ${shown}; compare it with the machine's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then approve it`,
      )
  }
}

const asHostKeyError = (error: unknown, host: string): TransportError =>
  error instanceof TransportError
    ? error
    : new TransportError('host-key-unknown', `cannot look up the host key of ${host}: ${String(error)}`, {
        cause: error,
      })

/** What ssh2 says of a connection that failed, in our words. */
function sessionError(
  error: (Error & { level?: string }) | undefined,
  { host, port, user, credentials }: SshHop,
): TransportError {
  const place = hostKeyName(host, port)
  const options = error === undefined ? {} : { cause: error }
  if (error?.level === 'client-authentication') {
    return new TransportError(
      'auth-refused',
      [
        `${place} refused ${user}: none of the keys or passwords that were given is accepted`,
        ...expiredCertificates(credentials, new Date()),
      ].join('; '),
      options,
    )
  }
  if (error?.level === 'agent') {
    return new TransportError('credential-unusable', `cannot ask the SSH agent: ${error.message}`, options)
  }
  if (error !== undefined && /no matching/.test(error.message)) {
    return new TransportError(
      'no-common-algorithm',
      `${place} offers no algorithm that is held to be safe (${error.message.replace(/^Handshake failed: /, '')}); update it, or allow legacy algorithms for this asset`,
      options,
    )
  }
  if (error?.level === 'client-timeout') {
    return new TransportError(
      'timed-out',
      /[Kk]eepalive/.test(error.message)
        ? `${place} gives no sign of life any more`
        : `${place} did not finish the login in time`,
      { ...options, endsSession: true },
    )
  }
  const why = error === undefined ? '' : `: ${error.message}`
  return new TransportError('connection-lost', `the connection to ${place} ended${why}`, options)
}
