import { TransportError } from '../errors.ts'
import { parseGetfattr, type ExtendedAttribute } from '../parsers/getfattr.ts'
import type { Session } from '../session.ts'
import { denialOf } from './denial.ts'
import { placesOf } from './places.ts'

/** The file is gone or its attribute, or is on a file system without attributes. */
const hasNone = /^(?:No such file or directory|Not a directory|No data available|(?:Operation )?[Nn]ot supported)$/

/**
 * The extended attributes, those whose names match, of as many files as one command takes: by path, of those that have some. Throws a `TransportError` where one may not be read.
 */
export async function readExtendedAttributes(
  session: Session,
  paths: readonly string[],
  match: string,
): Promise<ReadonlyMap<string, readonly ExtendedAttribute[]>> {
  const found = new Map<string, readonly ExtendedAttribute[]>()
  const places = await placesOf(session, paths)
  if (places.size === 0) return found
  const options = ['--dump', '--no-dereference', `--match=${match}`, '--encoding=hex', '--absolute-names'] as const
  const { stdout, stderr } = await session.run(['getfattr', ...options, '--', ...places.keys()])
  for (const [, place = '', why = ''] of stderr.matchAll(/^getfattr: (.*): (.*)$/gm)) {
    if (hasNone.test(why)) continue
    throw /denied|not permitted/.test(why)
      ? denialOf(session, place, 'getfattr')
      : new TransportError('input-output-error', `cannot read attributes of ${place} on ${session.asset}: ${why}`)
  }
  for (const [place, attributes] of parseGetfattr(new TextDecoder().decode(stdout))) {
    for (const path of places.get(place) ?? []) found.set(path, attributes)
  }
  return found
}
