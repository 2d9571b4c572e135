import { TransportError, type TransportErrorCode } from '../../errors.ts'

/** What the C libraries of Linux (glibc, musl) say for an error number under LC_ALL=C, as tools end their messages with it. */
const reasons: readonly (readonly [RegExp, TransportErrorCode | 'absent', string])[] = [
  [/No such file or directory$|Not a directory$|nonexistent directory$/, 'absent', ''],
  [
    /Permission denied$|Operation not permitted$/,
    'permission-denied',
    'permission denied; grant sudo or use an account that may',
  ],
  [/Too many levels of symbolic links$|Symbolic link loop$/, 'too-many-links', 'too many symbolic links on the way'],
]

/** Undefined when a tool's complaint means that there is no such file; otherwise the error that it stands for. */
export function readComplaint(complaint: string, path: string, asset: string): TransportError | undefined {
  const text = complaint.trim()
  const found = reasons.find(([pattern]) => pattern.test(text))
  if (found?.[1] === 'absent') return undefined
  const [, code, advice] = found ?? ([/./, 'input-output-error', text.slice(-300) || 'it changed meanwhile'] as const)
  return new TransportError(code as TransportErrorCode, `cannot read ${path} on ${asset}: ${advice}`)
}

/** Whether every line of a complaint is of something that is not there. */
export function isAbsence(complaint: string): boolean {
  const lines = complaint.split('\n').filter((line) => line.trim() !== '')
  return lines.length > 0 && lines.every((line) => reasons[0]?.[0].test(line))
}

export const countAbsent = (complaint: string): number =>
  complaint.split('\n').filter((line) => reasons[0]?.[0].test(line)).length
