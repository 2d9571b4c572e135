import { createHash } from 'node:crypto'
import type { CollectedObject, SystemCharacteristics, SystemInfo } from '@plumbline/scap'

/**
 * How evidence is kept. What was collected together lies in one **pack**, a list of objects by digest; an item of
 * evidence is a list of **parts**: these places of that pack, collected at that instant. When an asset is collected
 * again, objects that are as they were stay in the pack where they are and only the part's instant is new; what differs
 * goes into a new pack. An asset that does not change costs a row of parts, however much it was asked.
 *
 * Objects that were not asked for this time are carried forward with the instant of their own collection, however old, so the
 * newest evidence of an asset is all that is known of it, and the purge of what is older takes none of it away.
 */
export interface EvidencePart {
  readonly pack: string
  /** When these objects were collected, ISO 8601 in UTC. */
  readonly at: string
  /** Places in the pack: from, and up to but not including. */
  readonly ranges: readonly (readonly [from: number, to: number])[]
}

export type Pack = readonly PackEntry[]
export type PackEntry = readonly [objectDigest: string, body: ObjectBody]
type ObjectBody = Omit<CollectedObject, 'collectedAt'>

export interface StoredParts {
  readonly parts: readonly EvidencePart[]
  readonly packs: ReadonlyMap<string, Pack>
}

export interface MergedEvidence {
  readonly parts: readonly EvidencePart[]
  /** Objects that are in no pack yet; empty when nothing differs. */
  readonly newPack: Pack
  /** Of the system information and the objects, without their instants: equal when nothing differs. */
  readonly digest: string
  readonly collectedAt: string
  /** Every object of this collection could be read. */
  readonly complete: boolean
}

/**
 * Contents come and go, and objects that nobody asks for any more would be carried for ever: beyond so many the oldest are
 * left. A large benchmark has about a thousand.
 */
const defaultMostCarried = 20_000

/** Reading evidence reads its packs; beyond this many they are written anew as one. */
const maxPacks = 8

export function readParts({ parts, packs }: StoredParts): Record<string, CollectedObject> {
  const objects: Record<string, CollectedObject> = {}
  for (const { digest, body, at } of placesOf({ parts, packs })) objects[digest] = { ...body, collectedAt: at }
  return objects
}

export function mergeEvidence(
  previous: StoredParts | undefined,
  collected: SystemCharacteristics,
  options: { readonly newPackId: string; readonly at: string; readonly mostCarried?: number },
): MergedEvidence {
  const { newPackId, at, mostCarried = defaultMostCarried } = options
  const known = new Map(previous === undefined ? [] : placesOf(previous).map((place) => [place.digest, place]))
  const placed: Placed[] = []
  const newPack: PackEntry[] = []
  const add = (digest: string, body: ObjectBody, objectAt: string): void => {
    placed.push({ digest, pack: newPackId, position: newPack.length, at: objectAt, body })
    newPack.push([digest, body])
  }
  for (const [digest, object] of Object.entries(collected.objects)) {
    const body = bodyOf(object)
    const place = known.get(digest)
    known.delete(digest)
    if (place !== undefined && JSON.stringify(place.body) === JSON.stringify(body)) placed.push({ ...place, at })
    else add(digest, body, at)
  }
  const carried = [...known.values()].toSorted((one, other) => (one.at < other.at ? 1 : -1))
  placed.push(...carried.slice(0, mostCarried))

  if (new Set(placed.map(({ pack }) => pack)).size > maxPacks) {
    newPack.length = 0
    for (const { digest, body, at: objectAt } of placed.splice(0)) add(digest, body, objectAt)
  }
  return {
    parts: partsOf(placed),
    newPack,
    digest: digestOf(collected.systemInfo, placed),
    collectedAt: at,
    complete: Object.values(collected.objects).every(isReadable),
  }
}

/** Whether the object is known as it is: collected whole, or known not to be there. */
export function isReadable({ flag }: Pick<CollectedObject, 'flag'>): boolean {
  return flag === 'complete' || flag === 'does not exist' || flag === 'not applicable'
}

interface Placed {
  readonly digest: string
  readonly pack: string
  readonly position: number
  readonly at: string
  readonly body: ObjectBody
}

function placesOf({ parts, packs }: StoredParts): Placed[] {
  const places: Placed[] = []
  for (const { pack, at, ranges } of parts) {
    const entries = packs.get(pack)
    if (entries === undefined) throw new Error(`evidence refers to pack ${pack}, which is not stored`)
    for (const [from, to] of ranges) {
      for (let position = from; position < to; position += 1) {
        const entry = entries[position]
        if (entry === undefined) throw new Error(`evidence refers to place ${position} of pack ${pack}, which has none`)
        places.push({ digest: entry[0], pack, position, at, body: entry[1] })
      }
    }
  }
  return places
}

function partsOf(placed: readonly Placed[]): EvidencePart[] {
  const groups = Map.groupBy(placed, ({ pack, at }) => `${pack} ${at}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const ranges = rangesOf(group.map(({ position }) => position).toSorted((a, b) => a - b))
    return [{ pack: first.pack, at: first.at, ranges }]
  })
}

function rangesOf(positions: readonly number[]): [number, number][] {
  const ranges: [number, number][] = []
  for (const position of positions) {
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === position) last[1] = position + 1
    else ranges.push([position, position + 1])
  }
  return ranges
}

function digestOf(systemInfo: SystemInfo, placed: readonly Placed[]): string {
  const hash = createHash('sha256').update(JSON.stringify(systemInfo))
  for (const { digest, body } of placed.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))) {
    hash.update(`\n${digest} ${JSON.stringify(body)}`)
  }
  return hash.digest('hex')
}

function bodyOf({ flag, messages, items }: CollectedObject): ObjectBody {
  return { flag, messages, items }
}
