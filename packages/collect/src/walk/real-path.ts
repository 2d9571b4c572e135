import { TransportError } from '../errors.ts'
import type { Session } from '../session.ts'

/** What a path leads to through all its links; undefined when that is nothing: links that only lead to each other too. */
export async function realPath(session: Session, path: string): Promise<string | undefined> {
  try {
    return await session.canonicalPath(path)
  } catch (error) {
    if (error instanceof TransportError && error.code === 'too-many-links') return undefined
    throw error
  }
}
