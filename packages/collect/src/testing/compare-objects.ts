import { readFileSync } from 'node:fs'
import { parseOval, readXml } from '@plumbline/scap'
import type { CollectedObject, Item } from '@plumbline/scap'
import { openLocalSession } from '../transports/local.ts'
import { openOfflineRoot } from '../transports/offline-root.ts'
import { collectOurs, collectTheirs, documentOf } from './referee.ts'

/** An object of which we and the referee say different things. */
export interface Difference {
  readonly object: string
  readonly onlyOurs: readonly string[]
  readonly onlyTheirs: readonly string[]
}

interface Comparison {
  /** Told of all that we say. */
  readonly heard?: (text: string) => void
  /** The file system mounted there, instead of this machine. */
  readonly root?: string | undefined
}

/** An object of a test type such as `unix:file`, by what stands in it. */
export type Asked = readonly [type: string, body: string]

/**
 * Asks us and the referee for these objects. Of what differs both are asked again, twice at most: others may have changed
 * it between our look and the referee's.
 */
export async function compareObjects(asked: readonly Asked[], comparison: Comparison = {}): Promise<Difference[]> {
  let differences = await compareOnce(asked, comparison)
  for (let again = 0; again < 2 && differences.length > 0; again += 1) {
    const differing = new Set(differences.map(({ object }) => object))
    differences = await compareOnce(
      asked.filter(([, object]) => differing.has(object)),
      comparison,
    )
  }
  return differences
}

async function compareOnce(
  asked: readonly Asked[],
  { heard = () => undefined, root }: Comparison,
): Promise<Difference[]> {
  const idOf = (at: number): string => `oval:plumbline.referee:obj:${at + 1}`
  const objects = asked.map(
    ([type, body], at) => `<${type}_object id="${idOf(at)}" version="1">${body}</${type}_object>`,
  )
  const document = documentOf(`<objects>${objects.join('')}</objects>`)
  const theirs = collectTheirs(document, root === undefined ? {} : { OSCAP_PROBE_ROOT: root })
  const session = root === undefined ? openLocalSession() : openOfflineRoot(root)
  const ours = await collectOurs(parseOval(readXml(document, 'objects.xml')), session)
  await session.close()
  return asked.flatMap(([, object], at) => {
    const [mine, referee] = [ours, theirs].map((all) =>
      plain(all.get(idOf(at)), root === undefined ? ignoredHere : ignored),
    )
    for (const text of mine ?? []) heard(text)
    const [onlyOurs, onlyTheirs] = [minus(mine, referee), minus(referee, mine)]
    return onlyOurs.length + onlyTheirs.length === 0 ? [] : [{ object, onlyOurs, onlyTheirs }]
  })
}

/** What others change meanwhile. */
const ignored = new Set(['a_time', 'c_time', 'm_time'])
/** Of this machine's hostile names not all are told whether they have a list. */
const ignoredHere = new Set([...ignored, 'has_extended_acl'])

function plain(object: CollectedObject | undefined, left: ReadonlySet<string>): string[] {
  return [object?.flag ?? 'nothing', ...(object?.items ?? []).map((item) => plainItem(item, left)).sort()]
}

function plainItem({ status, entities }: Item, left: ReadonlySet<string>): string {
  // Beside the pattern of a textfilecontent54_item the referee tells it again as its line, an entity that is deprecated.
  const isRepeated = (name: string): boolean => name === 'line' && entities.some((one) => one.name === 'pattern')
  const told = entities.filter(({ value, name }) => value !== '' && !left.has(name) && !isRepeated(name))
  // The referee tells some paths of a package twice.
  return `${status} ${[...new Set(told.map(({ name, value }) => `${name}=${value}`))].join(' ')}`
}

function minus(some: readonly string[] | undefined, others: readonly string[] | undefined): string[] {
  const without = new Set(others)
  return (some ?? []).filter((one) => !without.has(one))
}

/** Run by itself, in a mount namespace, perhaps with a root: objects on the input as JSON, differences on the output. */
if (import.meta.main) {
  const compared = new Set<string>()
  const asked = JSON.parse(readFileSync(0, 'utf8')) as Asked[]
  const found = await compareObjects(asked, { heard: (text) => compared.add(text), root: process.argv[2] })
  process.stdout.write(JSON.stringify({ compared: [...compared], found }))
}
