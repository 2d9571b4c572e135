import { hashFile } from '../platform/file-hashes.ts'
import type { HashAlgorithm } from '../platform/file-hashes.ts'
import type { Session } from '../session.ts'
import { findRegularFile } from '../walk/index.ts'

/** The hashes of a file, or of what a link leads to, as `hashFile` tells them; undefined for what is no regular file. */
export async function hashesOf(
  session: Session,
  path: string,
  algorithms: readonly HashAlgorithm[],
): Promise<string[] | undefined> {
  const file = await findRegularFile(session, path)
  return file === undefined ? undefined : hashFile(session, file.target, file.size, algorithms)
}
