import { recordFormat } from '../transports/ssh/find-call.ts'
import { accountInSudoers } from '../transports/ssh/sudoers-account.ts'
import type { Contents } from './contents.ts'
import { exactly } from './path-expression.ts'
import type { Privileges } from './privileges.ts'

export interface SudoersOptions {
  /** The account that scans log in with. */
  readonly account: string
  /** For the heading: which standard it is for. */
  readonly standard: string
}

/**
 * A file for `/etc/sudoers.d` (sudo 1.9.10 or newer, for its regular expressions) that lets an account do what `prelude.ts`
 * asks sudo for, and no more. Why nothing can be written or run with it: `docs/decisions/0012-sudo-for-single-commands.md`.
 */
export function writeSudoers({ contents, searches, commands, unknown }: Privileges, options: SudoersOptions): string {
  const { standard } = options
  const account = accountInSudoers(options.account)
  if (account === undefined) throw new Error(`not an account that sudoers can name: ${options.account}`)
  const attributes = ['/usr/bin/ls', '/usr/bin/readlink', '/usr/bin/stat']
  if (commands.some((command) => command.startsWith('getfattr '))) attributes.unshift('/usr/bin/getfattr')
  const aliases = [
    ['ATTRIBUTES', attributes],
    ['SEARCHES', searches ? [`/usr/bin/find ${escapeExpression(searchExpression)}`] : []],
    ['CONTENTS', contents.length === 0 ? [] : [...contents.map((one) => `/usr/bin/cat ${argument(one)}`), neverUp]],
  ] as const
  const used = aliases.filter(([, list]) => list.length > 0)
  const name = (kind: string): string => `PLUMBLINE_${kind}`
  return [
    `# What reading a machine for ${standard.replace(/[^ -~]/g, '?')} takes, for the account ${account}.`,
    '# Without a password, as root: attributes of files by any name; their names, where folders have to be searched; the',
    '# content of the files below, and of no other. Needs sudo 1.9.10 or newer: an older one takes it for broken, and may then',
    '# refuse everything; check it there with visudo -cf. Scan with ssh://…?sudo=commands.',
    ...(commands.length === 0 ? [] : ['#', '# Run as the account itself:', ...commands.map((one) => `#   ${one}`)]),
    ...(unknown.length === 0
      ? []
      : [
          '#',
          '# Not granted, for only the machine knows which files they are; where the account may not read them, the rules',
          '# are "error" and say what to allow:',
          ...unknown.map((id) => `#   ${id}`),
        ]),
    '',
    ...used.map(([kind, list]) => `Cmnd_Alias ${name(kind)} = ${list.join(', \\\n  ')}`),
    '',
    `Defaults:${account} !requiretty, !use_pty, command_timeout=10m`,
    `${account} ALL=(root) NOPASSWD: NOEXEC: ${used.map(([kind]) => name(kind)).join(', ')}`,
    '',
  ].join('\n')
}

/** `cat` of one path, written so that sudoers takes every character as it is, or of the paths that an expression matches. */
function argument(one: Contents): string {
  if ('path' in one) return one.path.replace(/[\\,:=*?[\]!#" ]/g, String.raw`\$&`)
  return escapeExpression(`^${one.expression}$`)
}

/** The only characters that sudoers itself looks for in an expression. */
const escapeExpression = (expression: string): string => expression.replace(/[#,]/g, String.raw`\$&`)

/** Of several that match the last counts: no expression is a way out of its folder. */
const neverUp = String.raw`!/usr/bin/cat ^(.*/)?\.\.(/.*)?$`

const word = '[^[:space:]]'

/**
 * All that find(1) is told by `find-call.ts` and `prelude.ts`. Sudo compares the arguments joined by spaces, so one argument
 * may pass for several or several for one: what matters is that no word that begins with a dash is any but these, and none
 * of these runs, writes or deletes.
 */
const searchWords = [
  '[(]',
  '[)]',
  '!',
  '[,]',
  '-o',
  '-prune',
  '-(min|max)depth [0-9]+',
  '-type [bcdflps]',
  '-perm -[0-7]+',
  '-[ug]id [+-]?[0-9]+',
  `-name [^-[:space:]]${word}*`,
  `-path /${word}*`,
  '-printf %y%f/',
  `-printf [0-9]+ ${exactly(recordFormat)}`,
]
export const searchExpression = `^(-H )?/${word}*( (${searchWords.join('|')}))*$`
