import { readFileSync } from 'node:fs'
import { parseOval, readXml } from '@plumbline/scap'
import type { CollectedObject, Item } from '@plumbline/scap'
import { collectOurs, collectTheirs, documentOf } from './referee.ts'

/** An object of which we and the referee say different things. */
export interface FileDifference {
  readonly object: string
  readonly onlyOurs: readonly string[]
  readonly onlyTheirs: readonly string[]
}

/** Asks us and the referee for `file_object`s with these bodies; `heard` is told of all that both say. */
export async function compareFiles(
  asked: readonly string[],
  heard: (text: string) => void = () => undefined,
): Promise<FileDifference[]> {
  const idOf = (at: number): string => `oval:plumbline.referee:obj:${at + 1}`
  const objects = asked.map((body, at) => `<unix:file_object id="${idOf(at)}" version="1">${body}</unix:file_object>`)
  const document = documentOf(`<objects>${objects.join('')}</objects>`)
  const theirs = collectTheirs(document)
  const ours = await collectOurs(parseOval(readXml(document, 'objects.xml')))
  return asked.flatMap((object, at) => {
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
  return `${status} ${told.map(({ name, value }) => `${name}=${value}`).join(' ')}`
}

function minus(some: readonly string[] | undefined, others: readonly string[] | undefined): string[] {
  const without = new Set(others)
  return (some ?? []).filter((one) => !without.has(one))
}

/** Run by itself, in a mount namespace: objects on the input as JSON, differences on the output. */
if (import.meta.main) {
  const compared = new Set<string>()
  const found = await compareFiles(JSON.parse(readFileSync(0, 'utf8')) as string[], (text) => compared.add(text))
  process.stdout.write(JSON.stringify({ compared: [...compared], found }))
}
