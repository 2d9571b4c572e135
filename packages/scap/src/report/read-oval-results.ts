import { ContentError } from '../errors.ts'
import { createEvaluation } from '../oval/evaluate/evaluation.ts'
import type { DefinitionClass } from '../oval/model/definition.ts'
import type { OvalResult } from '../oval/model/enumerations.ts'
import { parseSystemCharacteristics, parseSystemInfo, sourceById } from '../oval/parse-system-characteristics.ts'
import { oneOf, placeOf } from '../oval/parse/attributes.ts'
import { parseOval } from '../oval/parse.ts'
import { attribute, child, childrenNamed, childText, type XmlElement } from '../xml/element.ts'
import type { EvaluatedDocument } from '../xccdf/evaluate.ts'
import type { OvalReportInput, ReportedDefinition } from './html-oval-report.ts'
import { valuesByInstance } from './oval-documents.ts'

const RESULTS: readonly OvalResult[] = ['true', 'false', 'unknown', 'error', 'not evaluated', 'not applicable']
const CLASSES: readonly DefinitionClass[] = ['compliance', 'inventory', 'miscellaneous', 'patch', 'vulnerability']

/**
 * An `oval_results` element that some tool wrote, as what its report is written from. Results are those of the document;
 * where it includes definitions and system characteristics, these are evaluated again, so that each can be explained.
 */
export function readOvalResults(root: XmlElement): OvalReportInput {
  if (root.name !== 'oval_results')
    throw new ContentError('content-not-recognised', `<${root.name}> is not <oval_results>`, placeOf(root))
  const [system, second] = childrenNamed(child(root, 'results') ?? root, 'system')
  if (system === undefined)
    throw new ContentError('content-missing-component', 'the results are of no system', placeOf(root))
  if (second !== undefined) throw new ContentError('content-unsupported', 'results of several systems', placeOf(second))
  const definitions = child(root, 'oval_definitions')
  const characteristics = child(system, 'oval_system_characteristics')
  const generator = child(root, 'generator')
  const textOf = (name: string): string => (generator === undefined ? '' : childText(generator, name))
  const written = definitions === undefined ? undefined : child(definitions, 'definitions')
  const classes = new Map(
    (written?.children ?? []).map((one) => [attribute(one, 'id') ?? '', attribute(one, 'class') ?? '']),
  )
  return {
    definitions: (child(system, 'definitions')?.children ?? []).map((element) => reportedDefinition(element, classes)),
    ...(definitions === undefined ? {} : { source: definitions }),
    ...(definitions === undefined || characteristics === undefined
      ? {}
      : { documents: evaluateAgain(system, definitions, characteristics) }),
    target: parseSystemInfo(characteristics === undefined ? undefined : child(characteristics, 'system_info')),
    evaluatedAt: textOf('timestamp'),
    scanner: { name: textOf('product_name'), version: textOf('product_version') },
  }
}

/** The class is said by the definition itself, where the results leave it out. */
function reportedDefinition(element: XmlElement, classes: ReadonlyMap<string, string>): ReportedDefinition {
  const id = attribute(element, 'definition_id') ?? ''
  const kind = attribute(element, 'class') ?? classes.get(id)
  return {
    id,
    instance: attribute(element, 'variable_instance') ?? '1',
    class: CLASSES.find((one) => one === kind) ?? 'miscellaneous',
    result: oneOf(element, 'result', RESULTS, 'unknown'),
  }
}

/** By instance. */
function evaluateAgain(
  system: XmlElement,
  definitions: XmlElement,
  characteristics: XmlElement,
): ReadonlyMap<string, EvaluatedDocument> {
  const content = parseOval(definitions)
  const document = parseSystemCharacteristics(characteristics)
  const definitionIds = Object.keys(content.definitions)
  const instances = new Map([['1', new Map<string, readonly string[]>()], ...valuesByInstance(system)])
  return new Map(
    [...instances].map(([instance, values]) => {
      const variables = Object.fromEntries(values)
      const source = sourceById(document, instance)
      const evaluation = createEvaluation({ content, source, externalVariables: variables })
      return [instance, { href: '', purpose: 'rules', content, definitionIds, variables, evaluation }]
    }),
  )
}
