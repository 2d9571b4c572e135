import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { needsPassphrase, type SshCredentials, type SshKey } from '@plumbline/collect'
import { Failure } from './failure.ts'
import { readStandardInput } from './standard-input.ts'

export interface SecretOptions {
  readonly identity?: readonly string[]
  readonly agent?: boolean
  readonly askPassword?: true
  readonly askBecomePassword?: true
  readonly passwordStdin?: true
  readonly becomePasswordStdin?: true
}

/** What we prove to assets who we are with. Held in memory alone; never in arguments, messages or results. */
export interface SshSecrets {
  /** The agent and the keys of `--identity`, and those that an address names besides. */
  credentials(identities: readonly string[]): Promise<SshCredentials>
  readonly becomePassword: string | undefined
}

/**
 * Asks for what the options say, before the first connection: for passwords once, for the passphrase of a key when it is
 * first needed. Nobody is asked before it is known that there is something to scan for.
 */
export async function readSecrets(options: SecretOptions, plan: Promise<unknown>): Promise<SshSecrets> {
  const ask = async (message: string): Promise<string> => {
    await plan
    return askFor(message)
  }
  const takesInput = options.passwordStdin === true || options.becomePasswordStdin === true
  const lines = takesInput ? await plan.then(linesOfInput) : []
  const password = options.passwordStdin === true ? nextLine(lines, 'the password') : undefined
  const becomePassword =
    options.becomePasswordStdin === true ? nextLine(lines, 'the password of sudo or su') : undefined
  const asked = options.askPassword === true ? await ask('Password of the account on the assets') : undefined
  const askedToBecome =
    options.askBecomePassword === true ? await ask('Password of sudo (or of root, for su) on the assets') : undefined
  const keys = new Map<string, Promise<SshKey>>()
  const keyOf = (path: string): Promise<SshKey> => {
    const key = keys.get(path) ?? readKey(path, ask)
    keys.set(path, key)
    return key
  }
  const agent = options.agent === false ? undefined : process.env['SSH_AUTH_SOCK']
  return {
    async credentials(identities) {
      const paths = [...new Set([...(options.identity ?? []), ...identities])]
      return { agent, keys: await Promise.all(paths.map(keyOf)), password: password ?? asked }
    },
    becomePassword: becomePassword ?? askedToBecome,
  }
}

async function linesOfInput(): Promise<string[]> {
  return (await readStandardInput()).split(/\r?\n/)
}

function nextLine(lines: string[], what: string): string {
  const line = lines.shift()
  if (line === undefined || line === '')
    throw new Failure(`standard input ended; ${what} was expected there, on a line of its own`)
  return line
}

async function readKey(path: string, ask: (message: string) => Promise<string>): Promise<SshKey> {
  const text = readKeyFile(path)
  return {
    name: path,
    text,
    passphrase: (await needsPassphrase(text)) ? await ask(`Passphrase of ${path}`) : undefined,
  }
}

/** A private key and, as ssh(1) does, the certificate that lies beside it. */
export function readKeyFile(path: string): string {
  try {
    const certificate = `${path}-cert.pub`
    return readFileSync(path, 'utf8') + (existsSync(certificate) ? `\n${readFileSync(certificate, 'utf8')}` : '')
  } catch (error) {
    throw new Failure(`cannot read the key ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

/** Asks the person at the terminal, or the program of `SSH_ASKPASS` where there is none, as ssh(1) does. */
async function askFor(message: string): Promise<string> {
  const program = process.env['SSH_ASKPASS']
  if (program !== undefined && (!process.stdin.isTTY || process.env['SSH_ASKPASS_REQUIRE'] === 'force')) {
    const { stdout } = await promisify(execFile)(program, [message]).catch(() => {
      throw new Failure(`${program} (SSH_ASKPASS) gave no answer to: ${message}`)
    })
    return stdout.replace(/\r?\n$/, '')
  }
  if (!process.stdin.isTTY) {
    throw new Failure(`${message}: there is no terminal to ask at; set SSH_ASKPASS, use an agent or standard input`)
  }
  const { isCancel, password: askPassword } = await import('@clack/prompts')
  const answer = await askPassword({ message })
  if (isCancel(answer)) throw new Failure('cancelled')
  return answer
}
