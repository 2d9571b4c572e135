import { createHash } from 'node:crypto'
import { denied, TransportError } from '../errors.ts'
import type { Session } from '../session.ts'
import { placesOf } from './places.ts'

export type HashAlgorithm = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'

/** Larger files are hashed where they are, by the asset's own programs (`sha256sum`), so that a hash moves no gigabytes. */
const mostToMove = 1024n ** 2n
/** What says that it is larger than this would keep us waiting for ever: `/proc/kcore` has the size of all addresses. */
const mostToHash = 1024n ** 4n

/**
 * The hashes of a regular file at a path without links, in hexadecimal and in the order of the algorithms; undefined when it
 * is gone. Where the asset has no program for it, a file that is not beyond the session's limit is read.
 */
export async function hashFile(
  session: Session,
  path: string,
  size: bigint,
  algorithms: readonly HashAlgorithm[],
): Promise<string[] | undefined> {
  if (size <= mostToMove || size > mostToHash) return readAndHash(session, path, algorithms)
  try {
    return await Promise.all(algorithms.map((algorithm) => askProgram(session, path, algorithm)))
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    try {
      return await readAndHash(session, path, algorithms)
    } catch (other) {
      throw other instanceof TransportError && other.code === 'too-large' ? error : other
    }
  }
}

async function readAndHash(
  session: Session,
  path: string,
  algorithms: readonly HashAlgorithm[],
): Promise<string[] | undefined> {
  const bytes = await session.readBytes(path)
  if (bytes === undefined) return undefined
  return algorithms.map((algorithm) => createHash(algorithm).update(bytes).digest('hex'))
}

/** GNU and busybox print the hash first; GNU puts a backslash before it when it writes the name otherwise than it is. */
async function askProgram(session: Session, path: string, algorithm: HashAlgorithm): Promise<string> {
  const program = `${algorithm}sum`
  const [place = path] = (await placesOf(session, [path])).keys()
  const { exitStatus, stdout, stderr } = await session.run([program, '--', place])
  const hash = /^\\?([0-9a-f]{32,128}) /.exec(new TextDecoder().decode(stdout))?.[1]
  if (exitStatus === 0 && hash !== undefined) return hash
  const cannot = `cannot read ${path} on ${session.asset}`
  if (/(?:Permission denied|Operation not permitted)$/m.test(stderr)) {
    throw new TransportError('permission-denied', `${cannot}: ${denied}; grant sudo or use an account that may`)
  }
  throw new TransportError('command-failed', `${cannot}: ${program} says ${stderr.trim().slice(-300)}`)
}
