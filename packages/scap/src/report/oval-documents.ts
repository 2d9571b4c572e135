import type { SystemInfo } from '../oval/model/system-characteristics.ts'
import { parseSystemCharacteristics, sourceById } from '../oval/parse-system-characteristics.ts'
import { parseOval } from '../oval/parse.ts'
import { attribute, descendants, type XmlElement } from '../xml/element.ts'

/** A document that was evaluated, and what was collected for it. */
export interface OvalDocument {
  readonly content: ReturnType<typeof parseOval>
  readonly source: ReturnType<typeof sourceById>
  readonly systemInfo: SystemInfo
}

/** OVAL results with their definitions and system characteristics, by the id of their report. */
export function readOvalDocuments(root: XmlElement): Map<string, OvalDocument> {
  const documents = new Map<string, OvalDocument>()
  for (const report of [...descendants(root)].filter((one) => one.name === 'report')) {
    const document = readOvalDocument(report)
    if (document !== undefined) documents.set(attribute(report, 'id') ?? '', document)
  }
  return documents
}

/** The OVAL results in an element; undefined where they do not bring what explains them. */
export function readOvalDocument(holder: XmlElement): OvalDocument | undefined {
  const results = lastNamed(holder, 'oval_results')
  const definitions = results === undefined ? undefined : lastNamed(results, 'oval_definitions')
  const characteristics = results === undefined ? undefined : lastNamed(results, 'oval_system_characteristics')
  if (definitions === undefined || characteristics === undefined) return undefined
  const document = parseSystemCharacteristics(characteristics)
  return { content: parseOval(definitions), source: sourceById(document), systemInfo: document.systemInfo }
}

/** The last element of a name, the element itself included. */
export function lastNamed(root: XmlElement, name: string): XmlElement | undefined {
  let found: XmlElement | undefined
  for (const element of descendants(root)) if (element.name === name) found = element
  return found
}
