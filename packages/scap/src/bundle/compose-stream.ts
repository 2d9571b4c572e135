import { attribute, descendants, type XmlElement } from '../xml/element.ts'
import { writeElement } from '../xml/write-element.ts'
import { writeXml, type XmlWriter } from '../xml/write.ts'
import { isRemote } from './data-stream.ts'
import type { FindFile } from './data-stream.ts'
import { beside, dictionariesFor, hrefsOf } from './read-content.ts'

interface Part {
  /** As the benchmark, or its dictionary, refers to it. */
  readonly href: string
  /** Undefined for what lies elsewhere, at its address. */
  readonly root: XmlElement | undefined
  readonly id: string
  readonly isExtended: boolean
}

const vendor = 'scap_org.plumbline'

/**
 * A bare XCCDF benchmark and the files beside it that it refers to (OVAL, OCIL, scripts, a CPE dictionary and what that
 * refers to) as one source data stream (SCAP 1.2), which refers to what lies on the web as the benchmark does. What is not
 * there is left out, as it would be in an evaluation. `time` stands in it as the time of all components.
 */
export function composeDataStream(benchmark: XmlElement, findFile: FindFile, time: Date): string {
  const find = beside(findFile)
  const parts = new Map<string, Part>()
  const add = (href: string): Part | undefined => {
    const known = parts.get(href)
    if (known !== undefined) return known
    const found = find(href)
    const root = 'missing' in found ? undefined : found.root
    if (root === undefined && !isRemote(href)) return undefined
    const part = { href, root, id: `${parts.size + 1}_${idOf(href)}`, isExtended: root?.name === 'script' }
    parts.set(href, part)
    return part
  }
  const checks = [...new Set([...hrefsOf(benchmark), ...factsOf(benchmark)])].flatMap((href) => add(href) ?? [])
  const dictionaries = dictionariesFor(benchmark, find).map(({ root }) => ({
    root,
    checks: [...new Set(checksOfDictionary(root))].flatMap((href) => add(href) ?? []),
  }))
  const name = idOf(benchmark.file)
  const timestamp = time.toISOString()
  return writeXml((xml) => {
    xml.open('ds:data-stream-collection', {
      'xmlns:ds': 'http://scap.nist.gov/schema/scap/source/1.2',
      'xmlns:cat': 'urn:oasis:names:tc:entity:xmlns:xml:catalog',
      'xmlns:xlink': 'http://www.w3.org/1999/xlink',
      id: `${vendor}_collection_from_${name}`,
      'schematron-version': '1.2',
    })
    const stream = `${vendor}_datastream_from_${name}`
    xml.open('ds:data-stream', { id: stream, 'scap-version': '1.2', 'use-case': 'OTHER', timestamp })
    if (dictionaries.length > 0) xml.open('ds:dictionaries')
    for (const [at, { checks: own }] of dictionaries.entries()) writeReference(xml, `dictionary_${at}`, own)
    if (dictionaries.length > 0) xml.close()
    xml.open('ds:checklists')
    writeReference(xml, name, checks)
    xml.close()
    for (const [section, isExtended] of [
      ['checks', false],
      ['extended-components', true],
    ] as const) {
      const some = [...parts.values()].filter((part) => part.isExtended === isExtended)
      if (some.length === 0) continue
      xml.open(`ds:${section}`)
      for (const part of some) writeReference(xml, part.id, [], part)
      xml.close()
    }
    xml.close()
    for (const [at, { root }] of dictionaries.entries()) writeComponent(xml, `dictionary_${at}`, root, timestamp)
    writeComponent(xml, name, benchmark, timestamp)
    for (const { id, root, isExtended } of parts.values()) {
      if (root !== undefined) writeComponent(xml, id, root, timestamp, isExtended)
    }
    xml.close()
  })
}

function writeReference(xml: XmlWriter, id: string, catalog: readonly Part[], part?: Part): void {
  const isElsewhere = part !== undefined && part.root === undefined
  const component = isElsewhere ? part.href : `#${vendor}_${part?.isExtended === true ? 'e' : ''}comp_${id}`
  xml.open('ds:component-ref', { id: `${vendor}_cref_${id}`, 'xlink:href': component })
  if (catalog.length > 0) xml.open('cat:catalog')
  for (const { href, id: other } of catalog) xml.element('cat:uri', { name: href, uri: `#${vendor}_cref_${other}` })
  if (catalog.length > 0) xml.close()
  xml.close()
}

function writeComponent(xml: XmlWriter, id: string, root: XmlElement, timestamp: string, isExtended = false): void {
  const [element, kind] = isExtended ? ['ds:extended-component', 'ecomp'] : ['ds:component', 'comp']
  xml.open(element, { id: `${vendor}_${kind}_${id}`, timestamp })
  writeElement(xml, root)
  xml.close()
}

const idOf = (file: string): string => file.replace(/^.*[/\\]/, '').replace(/[^\w.-]/g, '_')

/** Checks of platforms that the benchmark itself describes. */
const factsOf = (root: XmlElement): string[] =>
  [...descendants(root)].flatMap((one) => (one.name === 'check-fact-ref' ? (attribute(one, 'href') ?? []) : []))

/** Of a CPE dictionary: `check` names its file in `href`. */
const checksOfDictionary = (root: XmlElement): string[] =>
  [...descendants(root)].flatMap((one) => (one.name === 'check' ? (attribute(one, 'href') ?? []) : []))
