import { TransportError } from '../../errors.ts'
import { kindOfMode, type FileKind, type FileStatus, type FoundEntry } from '../../session.ts'

/** The letters of GNU find's `%y`. */
export const kindLetters: Readonly<Record<string, FileKind>> = {
  b: 'block special',
  c: 'character special',
  d: 'directory',
  f: 'regular',
  l: 'symbolic link',
  p: 'fifo',
  s: 'socket',
}

/** stat(1) `%f %u %g %s %X %Y %Z %d %i %n`: the mode in hexadecimal, the times in seconds. */
const statusLine = /^([0-9a-f]+) (\d+) (\d+) (\d+) (-?\d+) (-?\d+) (-?\d+) (\d+) (\d+) ([\s\S]*)$/

/** What stat(1) said of a path; throws a `TransportError` for what it never says. */
export function parseStatus(line: string): FoundEntry & { readonly status: FileStatus } {
  const found = statusLine.exec(line)
  if (found === null) throw new TransportError('input-output-error', `stat said ${JSON.stringify(line.slice(0, 200))}`)
  const [
    ,
    hex = '',
    user = '',
    group = '',
    size = '',
    accessed = '',
    modified = '',
    changed = '',
    device = '',
    inode = '',
    path = '',
  ] = found
  const mode = Number.parseInt(hex, 16)
  return {
    path,
    status: {
      kind: kindOfMode(mode),
      mode: mode & 0o7777,
      userId: Number(user),
      groupId: Number(group),
      size: BigInt(size),
      accessed: BigInt(accessed),
      modified: BigInt(modified),
      changed: BigInt(changed),
      device,
      inode,
    },
  }
}
