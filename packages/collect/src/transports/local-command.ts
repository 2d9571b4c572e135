import { spawn } from 'node:child_process'
import { TransportError } from '../errors.ts'
import type { CommandResult } from '../session.ts'

export const maxOutputBytes = 256 * 1024 * 1024
/** Where administration tools are; a service's own PATH may lack some. */
const commandPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export interface CommandBounds {
  /** For messages. */
  readonly asset: string
  readonly signal: AbortSignal | undefined
  readonly timeoutMs?: number
  /** What the program reads. */
  readonly input?: string | undefined
  /** Where output is longer the command is ended, and what it printed till then kept. Without, that is an error. */
  readonly cutAfterBytes?: number
}

export interface CommandEnd extends CommandResult {
  readonly isCut: boolean
}

/** Runs a program of this machine with parameters as they are. */
export function runCommand(
  [program, ...parameters]: readonly [string, ...string[]],
  { asset, signal, timeoutMs, input, cutAfterBytes = Infinity }: CommandBounds,
): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    if (parameters.some((parameter) => !parameter.isWellFormed())) {
      throw new TransportError('command-failed', `${program} on ${asset} cannot be told a name that is not UTF-8`)
    }
    const child = spawn(program, parameters, {
      env: { PATH: commandPath, LC_ALL: 'C' },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // A process group of its own, so that what it starts is ended with it.
      detached: true,
    })
    // It may end before it has read all of it.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
    const stdout: Buffer[] = []
    let size = 0
    let stderr = ''
    let isCut = false
    let failure: Error | undefined
    const end = (error: Error): void => {
      failure ??= error
      kill()
    }
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has just ended by itself.
      }
    }
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(
            () =>
              end(new TransportError('timed-out', `${program} on ${asset} did not end within ${timeoutMs / 1000} s`)),
            timeoutMs,
          )
    const abort = (): void => end(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
    if (signal?.aborted === true) abort()
    signal?.addEventListener('abort', abort, { once: true })
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length
      stdout.push(chunk)
      if (size > cutAfterBytes) {
        isCut = true
        kill()
      } else if (size > maxOutputBytes) end(new TransportError('too-large', `${program} on ${asset} printed too much`))
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      if (stderr.length < 4096) stderr += chunk.toString('utf8')
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      failure ??=
        error.code === 'ENOENT'
          ? new TransportError('command-not-found', `${program} is not installed on ${asset}`)
          : new TransportError('command-failed', `cannot run ${program} on ${asset}: ${error.message}`, {
              cause: error,
            })
    })
    child.on('close', (code, killedBy) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      if (failure !== undefined) reject(failure)
      else if (code === null && !isCut) {
        reject(new TransportError('command-failed', `${program} on ${asset} was ended by ${killedBy ?? 'a signal'}`))
      } else resolve({ exitStatus: code ?? 0, stdout: Buffer.concat(stdout), stderr, isCut })
    })
  })
}
