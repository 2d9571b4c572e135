import { readFileSync } from 'node:fs'
import { parseOval, readXml } from '@plumbline/scap'
import type { CollectedObject, Item } from '@plumbline/scap'
import { collectOurs, collectTheirs, documentOf } from './referee.ts'

/** An object of which we and the referee say different things. */
export interface Difference {
  readonly object: string
  readonly onlyOurs: readonly string[]
  readonly onlyTheirs: readonly string[]
}

/** An object of a test type such as `unix:file`, by what stands in it. */
export type Asked = readonly [type: string, body: string]

/**
 * Asks us and the referee for these objects; `heard` is told of all that we say. Of what differs both are asked again, twice
 * at most: others may have changed it between our look and the referee's.
 */
export async function compareObjects(
  asked: readonly Asked[],
  heard: (text: string) => void = () => undefined,
): Promise<Difference[]> {
  let differences = await compareOnce(asked, heard)
  for (let again = 0; again < 2 && differences.length > 0; again += 1) {
    const differing = new Set(differences.map(({ object }) => object))
    differences = await compareOnce(
      asked.filter(([, object]) => differing.has(object)),
      heard,
    )
  }
  return differences
}

async function compareOnce(asked: readonly Asked[], heard: (text: string) => void): Promise<Difference[]> {
  const idOf = (at: number): string => `oval:plumbline.referee:obj:${at + 1}`
  const objects = asked.map(
    ([type, body], at) => `<${type}_object id="${idOf(at)}" version="1">${body}</${type}_object>`,
  )
  const document = documentOf(`<objects>${objects.join('')}</objects>`)
  const theirs = collectTheirs(document)
  const ours = await collectOurs(parseOval(readXml(document, 'objects.xml')))
  return asked.flatMap(([, object], at) => {
    const [mine, referee] = [ours, theirs].map((all) => plain(all.get(idOf(at))))
    for (const text of mine ?? []) heard(text)
    const [onlyOurs, onlyTheirs] = [minus(mine, referee), minus(referee, mine)]
    return onlyOurs.length + onlyTheirs.length === 0 ? [] : [{ object, onlyOurs, onlyTheirs }]
  })
}

/** What others change meanwhile, and what is told of some names only. */
const ignored = new Set(['a_time', 'c_time', 'has_extended_acl', 'm_time'])

function plain(object: CollectedObject | undefined): string[] {
  return [object?.flag ?? 'nothing', ...(object?.items ?? []).map(plainItem).sort()]
}

function plainItem({ status, entities }: Item): string {
  const told = entities.filter(({ value, name }) => value !== '' && !ignored.has(name))
  // The referee tells some paths of a package twice.
  return `${status} ${[...new Set(told.map(({ name, value }) => `${name}=${value}`))].join(' ')}`
}

function minus(some: readonly string[] | undefined, others: readonly string[] | undefined): string[] {
  const without = new Set(others)
  return (some ?? []).filter((one) => !without.has(one))
}

/** Run by itself, in a mount namespace: objects on the input as JSON, differences on the output. */
if (import.meta.main) {
  const compared = new Set<string>()
  const found = await compareObjects(JSON.parse(readFileSync(0, 'utf8')) as Asked[], (text) => compared.add(text))
  process.stdout.write(JSON.stringify({ compared: [...compared], found }))
}
