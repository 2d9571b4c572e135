import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import { TransportError } from '../../errors.ts'
import type { ConnectOptions, SshHop } from './connect.ts'
import { hostKeyName } from './known-hosts.ts'
import { lookUpAside } from './look-up.ts'
import { sessionError } from './session-error.ts'

/** A connection whose other side has begun to speak: what takes connections and is silent is as good as not there. */
export async function reach(hop: SshHop, options: ConnectOptions): Promise<Socket> {
  const { host, port } = hop
  const looking = new AbortController()
  const lookup = lookUpAside(looking.signal)
  // Without noDelay each request waits 40 ms for an acknowledgement that comes late.
  const socket = connectSocket({ host, port, lookup, autoSelectFamily: true, noDelay: true })
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
    looking.abort()
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
export function forward(
  client: Client,
  from: SshHop,
  to: SshHop,
  { connectTimeoutMs }: ConnectOptions,
): Promise<Duplex> {
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
