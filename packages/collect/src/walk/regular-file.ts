import { TransportError } from '../errors.ts'
import type { Session } from '../session.ts'
import { realPath } from './real-path.ts'

/** Where a file is, or what a link leads to, and its size in bytes; undefined for what is no regular file. */
export async function findRegularFile(
  session: Session,
  path: string,
): Promise<{ readonly target: string; readonly size: bigint } | undefined> {
  const target = await realPath(session, path)
  const status = target === undefined ? undefined : await session.status(target)
  return target !== undefined && status?.kind === 'regular' ? { target, size: status.size } : undefined
}

/** Its bytes. */
export async function readRegularFile(session: Session, path: string): Promise<Uint8Array | undefined> {
  return (await findRegularFile(session, path)) === undefined ? undefined : session.readBytes(path)
}

/** A link to nothing, which is a file that cannot be read. In patterns it counts for nothing, as with the referee. */
export async function leadsNowhere(session: Session, path: string): Promise<boolean> {
  return (await session.status(path))?.kind === 'symbolic link' && (await realPath(session, path)) === undefined
}

/**
 * The text up to its first NUL; undefined for what is no regular file. Bytes that are not UTF-8 are an error, as with the
 * referee: a pattern cannot be trusted on them.
 */
export async function readRegularText(session: Session, path: string): Promise<string | undefined> {
  const bytes = await readRegularFile(session, path)
  if (bytes === undefined) return undefined
  const end = bytes.indexOf(0)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      end === -1 ? bytes : bytes.subarray(0, end),
    )
  } catch (error) {
    throw new TransportError(
      'input-output-error',
      `cannot match patterns in ${path} on ${session.asset}: it is not UTF-8`,
      {
        cause: error,
      },
    )
  }
}
