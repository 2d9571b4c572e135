import { randomBytes } from 'node:crypto'
import { createGunzip, type Gunzip } from 'node:zlib'
import type { ClientChannel } from 'ssh2'
import { TransportError } from '../../errors.ts'
import type { Connection } from './connect.ts'
import { shellCommand, waitUntilReady, type ElevateOptions, type ReadyShell } from './elevate.ts'
import type { FindDialect } from './find-call.ts'
import { FrameReader, type Frame } from './frames.ts'
import { prelude, roundScript } from './prelude.ts'
import { bytesOf } from '../file-name.ts'

export interface ShellOptions extends ElevateOptions {
  readonly maxFileBytes: number
  readonly maxOutputBytes: number
  readonly commandTimeoutMs: number
  /** How long the asset may send nothing while it owes an answer. */
  readonly idleTimeoutMs: number
  /** Compresses the answers where the asset can. Without, each answer comes as soon as it is there. */
  readonly compress: boolean
}

/** A call went on for too long. The shell has to be given up; the calls before it are answered. */
export class ShellStalled extends Error {
  override readonly name = 'ShellStalled'
}

/** An elevated shell on the asset that answers rounds of calls, one round at a time. */
export interface RemoteShell {
  /** See {@link ReadyShell}. */
  readonly session: number
  readonly find: FindDialect
  /** Gives each answer in its order as it comes. Rejects with a {@link ShellStalled}, or with what ended the conversation. */
  exchange(calls: readonly string[], take: (frame: Frame) => void): Promise<void>
  /** Counts what comes of a round: answers, and that another command begins. */
  readonly signsOfWork: () => number
  /** Lets the shell end by itself. */
  close(): void
}

export async function openShell(connection: Connection, options: ShellOptions): Promise<RemoteShell> {
  const command = shellCommand(options)
  const channel = await openChannel(connection, command.command, options)
  let ready: ReadyShell
  try {
    ready = await Promise.race([
      waitUntilReady(channel, command, options),
      connection.ended.then((error) => Promise.reject(error)),
    ])
  } catch (error) {
    end(channel)
    throw error
  }
  return converse(connection, channel, ready, options)
}

/** What hangs would go on without us: sshd ends it when it is asked to, and lets it be when the connection ends. */
function end(channel: ClientChannel): void {
  try {
    channel.signal('KILL')
  } catch {
    // It has ended by itself.
  }
  channel.destroy()
}

function openChannel(connection: Connection, command: string, options: ShellOptions): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new TransportError('timed-out', `${options.asset} opened no channel within ${options.timeoutMs / 1000} s`, {
            endsSession: true,
          }),
        ),
      options.timeoutMs,
    )
    void connection.ended.then(reject)
    connection.client.exec(command, (error, channel) => {
      clearTimeout(timer)
      if (error === undefined) return resolve(channel)
      reject(
        new TransportError('restricted-shell', `${options.asset} runs no command for us: ${error.message}`, {
          cause: error,
        }),
      )
    })
  })
}

/** The round under way. */
interface Round {
  readonly take: (frame: Frame) => void
  readonly finish: (error?: Error) => void
  readonly touch: () => void
}

function converse(
  connection: Connection,
  channel: ClientChannel,
  ready: ReadyShell,
  options: ShellOptions,
): RemoteShell {
  // Its first letter is nowhere else in it: what comes before cannot make a separator together with it.
  const separator = `x${randomBytes(16).toString('hex')}`
  const reader = new FrameReader(separator, {
    maxDataBytes: Math.max(options.maxFileBytes, options.maxOutputBytes) + 1,
    maxHeaderBytes: 256 * 1024,
  })
  let round: Round | undefined
  let failure: Error | undefined
  let taught = false

  const fail = (error: Error): void => {
    failure ??= error
    round?.finish(failure)
  }
  const receive = (chunk: Buffer): void => {
    if (failure !== undefined) return
    try {
      for (const frame of reader.push(chunk)) {
        if (round === undefined) throw new Error('an answer came that nobody asked for')
        if (frame.code === 'z') round.finish()
        else round.take(frame)
      }
    } catch (error) {
      fail(lost(`it answered what is no answer: ${error instanceof Error ? error.message : String(error)}`, error))
      // A little of what is compressed may be a lot, for nobody.
      inflate?.destroy()
      channel.destroy()
    }
  }
  const lost = (why: string, cause?: unknown): TransportError =>
    new TransportError('connection-lost', `the conversation with ${options.asset} ended: ${why}`, { cause })

  const compress = ready.hasGzip && options.compress
  const inflate = compress
    ? inflater(channel, receive, (error) => fail(lost('it sent damaged data', error)))
    : undefined
  let pieces = 0
  const touch = (): void => {
    pieces += 1
    round?.touch()
  }
  const onData = (chunk: Buffer): void => {
    touch()
    if (inflate === undefined) receive(chunk)
    else if (!inflate.write(chunk)) {
      channel.pause()
      inflate.once('drain', () => channel.resume())
    }
  }
  channel.on('data', onData)
  if (ready.rest.length > 0) onData(ready.rest)
  channel.resume()
  // Only that something comes is of interest: a command begins, and others before it are done.
  channel.stderr.on('data', touch)
  channel.on('close', () => fail(lost('its shell ended')))
  channel.on('error', (error: Error) => fail(lost(error.message, error)))
  void connection.ended.then(fail)

  return {
    session: ready.session,
    find: ready.find,
    signsOfWork: () => pieces,
    exchange(calls, take) {
      if (failure !== undefined) return Promise.reject(failure)
      let before: number
      try {
        before = reader.begin()
      } catch (error) {
        const broken = lost('it sent more than it was asked for', error)
        fail(broken)
        channel.destroy()
        return Promise.reject(broken)
      }
      const done = new Promise<void>((resolve, reject) => {
        let timer: NodeJS.Timeout | undefined
        const touch = (): void => {
          clearTimeout(timer)
          timer = setTimeout(() => finish(new ShellStalled('no answer came in time')), options.idleTimeoutMs)
        }
        const finish = (error?: Error): void => {
          clearTimeout(timer)
          round = undefined
          if (error === undefined) resolve()
          else reject(error)
        }
        round = { take, touch, finish }
        touch()
      })
      const begin = taught
        ? ''
        : prelude({ separator, ...options, asksSudo: options.elevation.kind === 'sudo-commands' })
      taught = true
      channel.write(bytesOf(begin + roundScript(calls, before, compress)))
      return done
    },
    close() {
      inflate?.destroy()
      channel.end('exit\n')
    },
  }
}

/** Each round is a member of the gzip stream; what follows one begins the next (RFC 1952, section 2.2). */
function inflater(channel: ClientChannel, receive: (chunk: Buffer) => void, fail: (error: Error) => void): Gunzip {
  const gunzip = createGunzip()
  gunzip.on('data', receive)
  gunzip.on('error', (error) => {
    fail(error)
    channel.destroy()
  })
  return gunzip
}
