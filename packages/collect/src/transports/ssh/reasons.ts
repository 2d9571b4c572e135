import { denied, TransportError, type TransportErrorCode } from '../../errors.ts'

/** What the C libraries of Linux (glibc, musl) say for an error number under LC_ALL=C, as tools end their messages with it. */
const reasons: readonly (readonly [RegExp, TransportErrorCode | 'absent', string])[] = [
  [/No such file or directory$|Not a directory$|nonexistent directory$/, 'absent', ''],
  [
    /Permission denied$|Operation not permitted$/,
    'permission-denied',
    `${denied}; grant sudo or use an account that may`,
  ],
  [/Too many levels of symbolic links$|Symbolic link loop$/, 'too-many-links', 'too many symbolic links on the way'],
]

/** What was asked of the asset, and what sudo would have to allow for it where it is asked for single commands. */
export interface Asked {
  readonly path: string
  readonly asset: string
  readonly grant: string | undefined
}

/** Undefined when a tool's complaint means that there is no such file; otherwise the error that it stands for. */
export function readComplaint(complaint: string, { path, asset, grant }: Asked): TransportError | undefined {
  const text = linesOf(complaint).join('\n').trim()
  const found = reasons.find(([pattern]) => pattern.test(text))
  if (found?.[1] === 'absent') return undefined
  if (found?.[1] === 'permission-denied' && grant !== undefined) {
    return new TransportError(
      'permission-denied',
      `cannot read ${path} on ${asset}: ${denied}; sudo does not allow "${grant}" (plumbline privileges prints what to allow)`,
    )
  }
  const [, code, advice] = found ?? ([/./, 'input-output-error', text.slice(-300) || 'it changed meanwhile'] as const)
  return new TransportError(code as TransportErrorCode, `cannot read ${path} on ${asset}: ${advice}`)
}

/** Whether every line of a complaint is of something that is not there. */
export function isAbsence(complaint: string): boolean {
  const lines = linesOf(complaint)
  return lines.length > 0 && lines.every((line) => reasons[0]?.[0].test(line))
}

export const countAbsent = (complaint: string): number =>
  linesOf(complaint).filter((line) => reasons[0]?.[0].test(line)).length

/** But for what sudo adds, with every command, on a machine that does not know its own name. */
export const linesOf = (complaint: string): string[] =>
  complaint.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('sudo: unable to resolve host'))
