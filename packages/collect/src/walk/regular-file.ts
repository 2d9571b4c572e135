import type { Session } from '../session.ts'

/** The bytes of a file, or of what a link leads to; undefined for what is no regular file. */
export async function readRegularFile(session: Session, path: string): Promise<Uint8Array | undefined> {
  const target = await session.canonicalPath(path)
  const status = target === undefined ? undefined : await session.status(target)
  return status?.kind === 'regular' ? session.readBytes(path) : undefined
}
