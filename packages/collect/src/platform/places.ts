import type { Session } from '../session.ts'

/**
 * Paths of an asset by the names under which the programs that are run find them: in a file system that is only mounted
 * that is another, and the same for paths that lead to one file.
 */
export async function placesOf(
  session: Session,
  paths: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { placeOf } = session
  if (placeOf === undefined) return new Map(paths.map((path) => [path, [path]]))
  const found = new Map<string, string[]>()
  const places = await Promise.all(paths.map(placeOf))
  for (const [at, path] of paths.entries()) {
    const place = places[at]
    if (place !== undefined) found.set(place, [...(found.get(place) ?? []), path])
  }
  return found
}
