import { TransportError } from '../../errors.ts'
import { onceCache, type CommandResult, type DirectoryEntry, type FileStatus, type Session } from '../../session.ts'
import { connect, type SshHop } from './connect.ts'
import type { Elevation } from './elevate.ts'
import type { FindOutcome } from './find-answer.ts'
import { openForesight } from './foresight.ts'
import type { HostKeys } from './known-hosts.ts'
import type { Request } from './requests.ts'
import type { StepAside } from './patience.ts'
import { openRounds } from './rounds.ts'

export interface SshOptions {
  /** For messages; the host's name without. */
  readonly asset?: string | undefined
  readonly target: SshHop
  /** Servers to go through, the one nearest to us first. */
  readonly jumps?: readonly SshHop[] | undefined
  readonly elevation?: Elevation | undefined
  readonly hostKeys: HostKeys
  /** What to do about a host of which no key is approved; it is refused without. */
  readonly unknownHostKey?: 'accept-new' | 'refuse' | undefined
  /** The POSIX shell to talk to. */
  readonly shell?: string | undefined
  /** Where commands are looked for on the asset. */
  readonly path?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly stepAside?: StepAside | undefined
  readonly connectTimeoutMs?: number | undefined
  readonly authenticateTimeoutMs?: number | undefined
  /** From the login until there is an elevated shell. */
  readonly shellTimeoutMs?: number | undefined
  readonly commandTimeoutMs?: number | undefined
  readonly idleTimeoutMs?: number | undefined
  readonly maxFileBytes?: number | undefined
  readonly maxOutputBytes?: number | undefined
}

export interface SshSession extends Session {
  /** What the conversation took since the login: how often we waited for the asset, and bytes on the wire. */
  traffic(): SshTraffic
}

export interface SshTraffic {
  readonly roundTrips: number
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** Where administration tools are; the login's own PATH may lack some. */
const commandPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** What a command gets on top of its time before its shell is given up. */
const graceMs = 15_000

/** See `../ssh-session.ts`, which loads this. */
export async function openSshSession(options: SshOptions): Promise<SshSession> {
  const { target, jumps = [], signal, commandTimeoutMs = 120_000 } = options
  const asset = options.asset ?? target.host
  const connection = await connect([...jumps, target], {
    hostKeys: options.hostKeys,
    unknownHostKey: options.unknownHostKey ?? 'refuse',
    connectTimeoutMs: options.connectTimeoutMs ?? 15_000,
    authenticateTimeoutMs: options.authenticateTimeoutMs ?? 30_000,
    signal,
    stepAside: options.stepAside,
  })
  const rounds = openRounds(
    connection,
    {
      asset,
      user: target.user,
      elevation: options.elevation ?? { kind: 'none' },
      shell: options.shell ?? '/bin/sh',
      path: options.path ?? commandPath,
      timeoutMs: options.shellTimeoutMs ?? 30_000,
      commandTimeoutMs,
      idleTimeoutMs: options.idleTimeoutMs ?? commandTimeoutMs + graceMs,
      maxFileBytes: options.maxFileBytes ?? 64 * 1024 * 1024,
      maxOutputBytes: options.maxOutputBytes ?? 256 * 1024 * 1024,
      compress: true,
    },
    { signal, stepAside: options.stepAside },
  )

  /** The same request made twice at the same time is one. */
  const underWay = new Map<string, Promise<unknown>>()
  const ask = (request: Request): Promise<unknown> => {
    const key = JSON.stringify(request)
    const found = underWay.get(key)
    if (found !== undefined) return found
    const answer = rounds.ask(request).finally(() => underWay.delete(key))
    underWay.set(key, answer)
    return answer
  }
  /** Each kind of request has one kind of answer (`requests.ts`). */
  const at = async (kind: Exclude<Request['kind'], 'find' | 'run'>, path: string): Promise<unknown> => {
    // No file has such a name.
    if (path === '' || path.includes('\0')) return undefined
    return ask({ kind, path: path.startsWith('/') ? path : `/${path}` })
  }

  const foresight = openForesight(ask)

  const onAbort = (): void => void session.close()
  signal?.addEventListener('abort', onAbort, { once: true })
  let closing: Promise<void> | undefined

  const session: SshSession = {
    asset,
    canRun: true,
    asksInRounds: true,
    ...(options.elevation?.kind === 'sudo-commands' ? { asksSudoForCommands: true } : {}),
    async readBytes(path) {
      // Undefined may stand for a large file here.
      const seen = await foresight.content(path)
      return seen ?? ((await at('read', path)) as Uint8Array | undefined)
    },
    async readText(path) {
      const bytes = await session.readBytes(path)
      return bytes === undefined ? undefined : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
    },
    status: (path) => foresight.status(path) ?? (at('status', path) as Promise<FileStatus | undefined>),
    async list(path) {
      // Where that failed it was under another name.
      const seen = await foresight.list(path)?.catch(() => undefined)
      return seen ?? ((await at('list', path)) as readonly DirectoryEntry[] | undefined)
    },
    async find(find) {
      if (!find.start.startsWith('/') || find.start.includes('\0')) return undefined
      // Told of is a link, though what it leads to is walked; what it is, is asked in the same round.
      const itself = session.status(find.start)
      itself.catch(() => undefined)
      const found = (await ask({ kind: 'find', find })) as FindOutcome | undefined
      if (found === undefined || !found.startIsLink) return found
      const status = await itself
      const { isCut } = found
      return {
        isCut,
        entries: found.entries.map((entry) =>
          entry.path === find.start && status !== undefined ? { ...entry, status } : entry,
        ),
      }
    },
    readLink: (path) => at('link', path) as Promise<string | undefined>,
    canonicalPath(path) {
      const seen = foresight.canonical(path)
      if (seen !== undefined) return seen
      const canonical = at('canonical', path) as Promise<string | undefined>
      if (path.startsWith('/') && !path.includes('\0')) foresight.look(path, canonical)
      return canonical
    },
    async run(command, input) {
      if ([...command, input ?? ''].some((word) => word.includes('\0'))) {
        throw new TransportError('command-failed', `cannot run ${command[0]} on ${asset}: a parameter holds NUL`)
      }
      return (await ask({ kind: 'run', command, ...(input === undefined ? {} : { input }) })) as CommandResult
    },
    once: onceCache(),
    traffic() {
      const { sent, received } = connection.traffic()
      return { roundTrips: rounds.count(), bytesSent: sent, bytesReceived: received }
    },
    close() {
      signal?.removeEventListener('abort', onAbort)
      closing ??= rounds.close().finally(() => connection.close())
      return closing
    },
  }
  return session
}
