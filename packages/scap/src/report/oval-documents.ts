import type { ObjectSource } from '../oval/evaluate/evaluation.ts'
import type { SystemInfo } from '../oval/model/system-characteristics.ts'
import { parseSystemCharacteristics, sourceById } from '../oval/parse-system-characteristics.ts'
import { parseOval } from '../oval/parse.ts'
import { attribute, child, descendants, type XmlElement } from '../xml/element.ts'

/** A document that was evaluated, and what was collected for it. */
export interface OvalDocument {
  readonly content: ReturnType<typeof parseOval>
  /** What was collected where its variables had these values. */
  readonly sourceFor: (variables: Values) => ObjectSource
  readonly systemInfo: SystemInfo
}

/** By the id of a variable. */
export type Values = Readonly<Record<string, readonly string[]>>

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
  const system = results === undefined ? undefined : child(child(results, 'results') ?? results, 'system')
  const characteristics = system === undefined ? undefined : child(system, 'oval_system_characteristics')
  if (definitions === undefined || system === undefined || characteristics === undefined) return undefined
  const document = parseSystemCharacteristics(characteristics)
  const instances = [...valuesByInstance(system)]
  return {
    content: parseOval(definitions),
    sourceFor(variables) {
      const [number] = instances.find(([, values]) => agrees(values, variables)) ?? []
      return sourceById(document, number)
    },
    systemInfo: document.systemInfo,
  }
}

const agrees = (values: ReadonlyMap<string, readonly string[]>, wanted: Values): boolean =>
  Object.entries(wanted).every(([id, each]) => {
    const found = values.get(id)
    return found === undefined || (found.length === each.length && each.every((value) => found.includes(value)))
  })

/**
 * What variables were worth, by `variable_instance`: it is told at the objects and tests of a `system` element that they were
 * used for.
 */
export function valuesByInstance(system: XmlElement): ReadonlyMap<string, ReadonlyMap<string, readonly string[]>> {
  const instances = new Map<string, Map<string, string[]>>()
  const parts = [
    ...(child(system, 'tests')?.children ?? []),
    ...(lastNamed(system, 'collected_objects')?.children ?? []),
  ]
  for (const part of parts) {
    const number = attribute(part, 'variable_instance') ?? '1'
    const values = instances.get(number) ?? new Map<string, string[]>()
    instances.set(number, values)
    for (const element of part.children) {
      if (element.name !== 'variable_value' && element.name !== 'tested_variable') continue
      const id = attribute(element, 'variable_id') ?? ''
      const known = values.get(id) ?? []
      values.set(id, known)
      if (!known.includes(element.text)) known.push(element.text)
    }
  }
  return instances
}

/** The last element of a name, the element itself included. */
export function lastNamed(root: XmlElement, name: string): XmlElement | undefined {
  let found: XmlElement | undefined
  for (const element of descendants(root)) if (element.name === name) found = element
  return found
}
