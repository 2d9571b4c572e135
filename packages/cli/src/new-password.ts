import { isCancel, password as ask } from '@clack/prompts'
import { Failure } from './failure.ts'
import { readSecret } from './standard-input.ts'

/** A new password of an account: from standard input where an option says so, else asked for twice on the terminal. */
export async function readNewPassword(account: string, options: { readonly passwordStdin?: true }): Promise<string> {
  if (options.passwordStdin === true) return readSecret()
  if (!process.stdin.isTTY)
    throw new Failure('there is no terminal to ask for the new password; give it with --password-stdin')
  const given = await ask({ message: `New password of ${account}` })
  const again = isCancel(given) ? given : await ask({ message: 'Once more' })
  if (isCancel(given) || isCancel(again)) throw new Failure('cancelled')
  if (given !== again) throw new Failure('the two are not the same; nothing was changed')
  return given
}
