import { isCancel, password as askPassword, confirm, text as askText } from '@clack/prompts'
import type { Command } from 'commander'
import { defaultUrl, knownCertificate, passwordGrant, requestTokens } from '../client.ts'
import { Failure } from '../failure.ts'
import { showCertificate } from '../http.ts'
import { readLogin, removeLogin, writeLogin } from '../session-file.ts'
import { readSecret } from '../standard-input.ts'

export function registerLogin(program: Command): void {
  program
    .command('login')
    .description('get a token from a server, pin its certificate, and keep both for the commands that follow')
    .argument('[url]', 'the server', process.env['PLUMBLINE_URL'] ?? defaultUrl)
    .option('--user <name>', 'the account; asked for on a terminal')
    .option('--password-stdin', 'read the password from standard input')
    .option('--fingerprint <sha256>', 'pin the certificate with this fingerprint without asking')
    .addHelpText(
      'after',
      `
Examples:
  plumbline login
  plumbline login https://plumbline.example.org:12431 --user 'CORP\\anna'
  plumbline login --user admin --password-stdin < password-file`,
    )
    .action(async (address: string, options: { user?: string; passwordStdin?: true; fingerprint?: string }) => {
      const url = new URL(address)
      const certificate = knownCertificate(url, readLogin()) ?? (await approve(url, options.fingerprint))
      const user = options.user ?? answer(await askText({ message: 'Account' }))
      const password =
        options.passwordStdin === true
          ? await readSecret()
          : answer(await askPassword({ message: `Password of ${user}` }))
      const tokens = await requestTokens(url, certificate, passwordGrant(user, password))
      const file = writeLogin({ url: url.origin, user, certificate, ...tokens })
      process.stdout.write(`Logged in to ${url.origin} as ${user}. Tokens and certificate are kept in ${file}.\n`)
    })
  program
    .command('logout')
    .description('forget the tokens and the pinned certificate of the last login')
    .addHelpText('after', '\nExample:\n  plumbline logout')
    .action(removeLogin)
}

async function approve(url: URL, expected: string | undefined): Promise<string> {
  const { pem, peer } = await showCertificate(url)
  const found = peer.fingerprint256
  if (expected !== undefined) {
    if (normalise(expected) === normalise(found)) return pem
    throw new Failure(`the certificate of ${url.origin} has the fingerprint ${found}, not ${expected}`)
  }
  if (!process.stdin.isTTY) {
    throw new Failure(
      `the certificate of ${url.origin} is not known; compare its SHA-256 fingerprint ${found} with the one the server printed at its start and give it with --fingerprint`,
    )
  }
  const agreed = await confirm({
    message: `${url.origin} shows a certificate of ${String(peer.subject?.CN ?? '?')}, valid to ${peer.valid_to}, SHA-256 fingerprint\n${found}\nDoes it equal the one the server printed at its start?`,
    initialValue: false,
  })
  if (isCancel(agreed) || !agreed) throw new Failure('the certificate was not approved; nothing was sent')
  return pem
}

const normalise = (fingerprint: string): string => fingerprint.replace(/[^0-9a-f]/gi, '').toLowerCase()

function answer(value: string | symbol): string {
  if (isCancel(value)) throw new Failure('cancelled')
  return value as string
}
