/** Something the person at the terminal can act on: printed without a stack, exit status 1. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

/** Errors of the other packages that say themselves what to do. */
const selfExplaining = ['ConfigError', 'ContentError', 'DatabaseError', 'TransportError']

/** What the system refuses, in the operator's words. */
const systemErrors: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'another process listens there; name another port with --port',
  EADDRNOTAVAIL: 'this machine has no such address',
  EEXIST: 'it exists already',
  EISDIR: 'it is a directory, not a file',
  ENOENT: 'there is no such file',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is not a directory',
  EROFS: 'the file system is read-only',
}

/** One line for the terminal; a stack only for what nobody foresaw. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `unexpected: ${String(error)}`
  if (error instanceof Failure || selfExplaining.includes(error.name)) return error.message
  const { code, path, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  const reason = code === undefined ? undefined : systemErrors[code]
  const place = path ?? (address === undefined ? undefined : `${address}:${port}`)
  if (reason !== undefined && place !== undefined) return `${place}: ${reason}`
  return `unexpected: ${error.stack ?? error.message}`
}
