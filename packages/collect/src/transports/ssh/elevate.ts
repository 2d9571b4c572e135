import { randomBytes } from 'node:crypto'
import type { ClientChannel } from 'ssh2'
import { TransportError } from '../../errors.ts'
import type { FindDialect } from './find-call.ts'
import { accountInSudoers } from './sudoers-account.ts'

/** How the account of the login becomes the administrator. A password goes through standard input, never in an argument. */
export type Elevation =
  | { readonly kind: 'none' }
  /** The account stays what it is, and asks sudo for single commands where it is denied: those of `plumbline privileges`. */
  | { readonly kind: 'sudo-commands' }
  | { readonly kind: 'sudo'; readonly password?: string | undefined; readonly user?: string | undefined }
  | { readonly kind: 'su'; readonly password: string; readonly user?: string | undefined }

export interface ElevateOptions {
  readonly asset: string
  readonly user: string
  readonly elevation: Elevation
  /** The shell to talk to, `/bin/sh` as a rule. */
  readonly shell: string
  /** Where commands are looked for on the asset. */
  readonly path: string
  readonly timeoutMs: number
}

/** A shell that waits for its script on standard input. */
export interface ReadyShell {
  readonly hasGzip: boolean
  readonly find: FindDialect
  /** The kernel's session (proc(5), field 6 of stat), by which the shell and all that it started can be found. */
  readonly session: number
  /** What came after the sign that it is ready. */
  readonly rest: Buffer
}

/** More than this before the shell is ready is no banner any more. */
const maxBannerBytes = 256 * 1024

/** The command that makes the shell, and the signs by which it and its prompts are known: drawn at random, so that no banner holds them. */
export interface ShellCommand {
  readonly command: string
  readonly ready: string
  readonly prompt: RegExp | string
}

/** The login shell may be any, csh and fish too: words and single quotes are the same to all of them. */
export function shellCommand({
  elevation,
  shell,
  path,
}: Pick<ElevateOptions, 'elevation' | 'path' | 'shell'>): ShellCommand {
  const ready = `plumbline-${randomBytes(8).toString('hex')}`
  const prompt = `plumbline-${randomBytes(8).toString('hex')}:`
  // The shell that is waited for keeps the environment of the login: it is what is asked for as our own.
  const tools = `$(PATH=${asPath(path)}; export PATH; command -v gzip >/dev/null 2>&1 && echo gzip; find / -maxdepth 0 -printf x >/dev/null 2>&1 && echo gnu)`
  const boot = `read -r s </proc/$$/stat; set -- \${s##*) }; echo ${ready} $4 ${tools} .; exec ${shell}`
  switch (elevation.kind) {
    case 'none':
    case 'sudo-commands':
      return { command: `exec ${shell} -c '${boot}'`, ready, prompt }
    case 'sudo': {
      // By -k no ticket is used, and none is left on the asset for whoever comes next as this account.
      const asking = elevation.password === undefined ? '-k -n' : `-k -S -p ${prompt}`
      const as = elevation.user === undefined ? '' : ` -u ${asWord(elevation.user)}`
      return { command: `exec env LC_ALL=C sudo ${asking}${as} ${shell} -c '${boot}'`, ready, prompt }
    }
    case 'su':
      return {
        command: `exec env LC_ALL=C su ${asWord(elevation.user ?? 'root')} -s ${shell.split(' ')[0] ?? shell} -c '${boot}'`,
        ready,
        // With nothing behind it in its line; a banner may speak of a password too.
        prompt: /assword: ?$/gm,
      }
  }
}

/** What is asked for on the way to the shell. */
export const passwordOf = (elevation: Elevation): string | undefined =>
  'password' in elevation ? elevation.password : undefined

function asWord(name: string): string {
  if (/^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/.test(name)) return name
  throw new TransportError('elevation-failed', `cannot become ${JSON.stringify(name)}: it is no account name`)
}

/** It stands in the login shell's quotes. */
function asPath(path: string): string {
  if (/^[\w/:.+-]+$/.test(path)) return path
  throw new Error(`not a path to look for commands in: ${path}`)
}

/** Waits until the shell is ready, past banners, giving the password when it is asked for. */
export function waitUntilReady(
  channel: ClientChannel,
  { ready, prompt }: ShellCommand,
  options: ElevateOptions,
): Promise<ReadyShell> {
  return new Promise((resolve, reject) => {
    let out = Buffer.alloc(0)
    let errors = ''
    let asked = 0
    const finish = (end: () => void): void => {
      clearTimeout(timer)
      channel.off('data', onOut)
      channel.stderr.off('data', onError)
      channel.off('close', onClose)
      channel.pause()
      end()
    }
    const fail = (error: TransportError): void => finish(() => reject(error))
    const timer = setTimeout(
      () =>
        fail(
          new TransportError(
            'timed-out',
            `${options.asset} gave no shell within ${options.timeoutMs / 1000} s${said(out.toString('utf8') + errors)}`,
            { endsSession: true },
          ),
        ),
      options.timeoutMs,
    )
    const onOut = (chunk: Buffer): void => {
      out = Buffer.concat([out, chunk])
      const at = out.indexOf(`${ready} `)
      const end = at === -1 ? -1 : out.indexOf('\n', at)
      if (end !== -1) {
        const [, session = '', ...tools] = out.toString('latin1', at, end).split(' ')
        const rest = out.subarray(end + 1)
        finish(() =>
          resolve({
            hasGzip: tools.includes('gzip'),
            find: tools.includes('gnu') ? 'gnu' : 'busybox',
            session: Number(session) || 0,
            rest,
          }),
        )
      } else if (out.length > maxBannerBytes) fail(noShell(out.toString('utf8'), options))
      else answer()
    }
    const onError = (chunk: Buffer): void => {
      errors = (errors + chunk.toString('utf8')).slice(-65_536)
      answer()
    }
    const answer = (): void => {
      const { elevation } = options
      // The su of busybox asks on standard output.
      const text = elevation.kind === 'su' ? `${out.toString('latin1')}\n${errors}` : errors
      const prompts = text.split(prompt).length - 1
      if (prompts <= asked) return
      asked = prompts
      const password = passwordOf(elevation)
      if (asked > 1 || password === undefined) fail(refused('the password was not accepted', options))
      else channel.write(`${password}\n`)
    }
    const onClose = (): void => fail(whyNoShell(errors.replaceAll(prompt, ''), out.toString('utf8'), options))
    channel.on('data', onOut)
    channel.stderr.on('data', onError)
    channel.on('close', onClose)
  })
}

/** What sudo and su say under any locale that we could ask for; what is not known is told in their words. */
function whyNoShell(errors: string, out: string, options: ElevateOptions): TransportError {
  const { kind } = options.elevation
  if (kind === 'none' || kind === 'sudo-commands') return noShell(`${out}\n${errors}`, options)
  if (/a password is required|no password was provided/.test(errors)) {
    return new TransportError(
      'sudo-password-required',
      `sudo on ${options.asset} wants the password of ${options.user}; give it, or let the account use sudo without a password`,
    )
  }
  if (/you must have a tty|requires? a (?:tty|terminal)|must be run from a terminal/i.test(errors)) {
    return refused(
      `it wants a terminal; say 'Defaults:${accountInSudoers(options.user) ?? options.user} !requiretty' in sudoers`,
      options,
    )
  }
  if (/incorrect password|[Ss]orry, try again|Authentication failure|Permission denied/.test(errors)) {
    return refused('the password was not accepted', options)
  }
  if (/not in the sudoers|not allowed to (?:execute|run)|may not run sudo/.test(errors)) {
    return refused(`${options.user} is not allowed to run ${options.shell}; add a line to sudoers`, options)
  }
  if (/(?:sudo|su): (?:command )?not found|not found.*sudo/.test(errors)) return refused('it is not installed', options)
  return refused(`no shell came of it${said(errors || out)}`, options)
}

function refused(why: string, { asset, elevation }: ElevateOptions): TransportError {
  return new TransportError(
    'elevation-failed',
    `${elevation.kind} on ${asset} did not make us the administrator: ${why}`,
  )
}

function noShell(text: string, { asset, user, shell }: ElevateOptions): TransportError {
  return new TransportError(
    'restricted-shell',
    `the account ${user} on ${asset} does not run ${shell}${said(text)}; give it a login shell that runs commands`,
  )
}

/** The end of what was said, without what a terminal would act on. */
function said(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what is replaced
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim()
  return clean === '' ? '' : ` (it said: ${clean.slice(-300)})`
}
