import type { EvaluatedDocument } from '../xccdf/evaluate.ts'
import { writeOvalResults, type Directives } from '../oval/write/results.ts'
import { DEFINITIONS_PREFIXES } from '../oval/parse/namespaces.ts'
import { writeElement } from '../xml/write-element.ts'
import { XmlWriter, type XmlSink } from '../xml/write.ts'
import { generatorOf, type ReportInput } from './input.ts'

/** A document as it was evaluated, for each set of values of its variables. */
export type DocumentInstances = readonly [EvaluatedDocument, ...EvaluatedDocument[]]

/** The documents that were evaluated, each once. */
export function instancesByDocument(documents: readonly EvaluatedDocument[]): readonly DocumentInstances[] {
  const found = new Map<string, [EvaluatedDocument, ...EvaluatedDocument[]]>()
  for (const document of documents) {
    const key = `${document.purpose} ${document.href}`
    const known = found.get(key)
    if (known === undefined) found.set(key, [document])
    else known.push(document)
  }
  return [...found.values()]
}

/** Writes the OVAL results of one document: its definitions, the results, the system characteristics. */
export function writeDocumentResults(sink: XmlSink, input: ReportInput, instances: DocumentInstances): void {
  const writer = new XmlWriter(sink)
  writeDocumentResultsElement(writer, input, instances)
  writer.end()
}

export function writeDocumentResultsElement(
  writer: XmlWriter,
  { run, source, thinResults = false, withoutCharacteristics = thinResults }: ReportInput,
  [{ href, purpose, content, definitionIds, evaluation }, ...further]: DocumentInstances,
): void {
  const definitions = source?.find(href, purpose)
  writeOvalResults(writer, {
    content,
    evaluation,
    definitionIds,
    further,
    systemInfo: run.target,
    generator: generatorOf(run),
    withoutCharacteristics,
    ...(thinResults ? { directives: thin } : {}),
    ...(definitions === undefined
      ? {}
      : { writeDefinitions: (inner) => writeElement(inner, definitions, { prefixes: DEFINITIONS_PREFIXES }) }),
  })
}

const each = { reported: true, content: 'thin' } as const
const thin: Directives = {
  true: each,
  false: each,
  unknown: each,
  error: each,
  'not evaluated': each,
  'not applicable': each,
}

/**
 * File names for the documents, none twice, as the referee names them: `ssg-debian12-oval.xml.result.xml`,
 * `oval%2Fother.xml.result.xml`.
 */
export function resultFileNames(documents: readonly DocumentInstances[]): Map<DocumentInstances, string> {
  const names = new Map<DocumentInstances, string>()
  const used = new Set<string>()
  for (const document of documents) {
    const base = encodeURIComponent(document[0].href).replace(/[!'()*]/g, '_')
    let name = `${base}.result.xml`
    for (let number = 2; used.has(name); number += 1) name = `${base}.result${number}.xml`
    used.add(name)
    names.set(document, name)
  }
  return names
}
