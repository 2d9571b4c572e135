import type { XmlWriter } from '../../xml/write.ts'
import { mentionedBy } from '../dependencies.ts'
import { derivesFromMasked, masksOf } from '../masks.ts'
import type { OvalContent } from '../model/content.ts'
import type { Criteria } from '../model/criteria.ts'
import type { OvalResult } from '../model/enumerations.ts'
import type { CriteriaResult, DefinitionResult, TestResult } from '../model/result.ts'
import { OVAL_RESULTS, XML_SCHEMA_INSTANCE } from '../parse/namespaces.ts'
import { writeGenerator } from './generator.ts'
import { ItemIds, writeCharacteristics } from './system-characteristics.ts'
import type { SystemCharacteristicsInput } from './system-characteristics.ts'

/** What OVAL results are written from. */
export interface OvalResultsInput extends SystemCharacteristicsInput {
  /** Writes the `oval_definitions` element; without it the results say that they do not include their source. */
  readonly writeDefinitions?: (writer: XmlWriter) => void
  /** What of each result is written (OVAL directives schema); all of it without. */
  readonly directives?: Directives
  /** Leaves out what was collected: only what is known of the system itself is written. */
  readonly withoutCharacteristics?: boolean
}

/** By the result of a definition: whether it is reported, and with its criteria and tests (`full`) or alone (`thin`). */
export type Directives = Readonly<
  Record<OvalResult, { readonly reported: boolean; readonly content: 'full' | 'thin' }>
> & {
  /** Whether the definitions are written, too; they are, unless this is false. */
  readonly includeSourceDefinitions?: boolean
}

const RESULTS: readonly OvalResult[] = ['true', 'false', 'unknown', 'error', 'not evaluated', 'not applicable']

/** Writes an OVAL results document (5.11.2), with the system characteristics that the results rest on. */
export function writeOvalResults(writer: XmlWriter, input: OvalResultsInput): void {
  const { content, evaluation, generator } = input
  const writeDefinitions = input.directives?.includeSourceDefinitions === false ? undefined : input.writeDefinitions
  const asked = input.definitionIds ?? Object.keys(content.definitions)
  const directiveOf = (id: string) => input.directives?.[evaluation.result(id)] ?? FULL
  const definitionIds = asked.filter((id) => directiveOf(id).reported)
  const fullIds = definitionIds.filter((id) => directiveOf(id).content === 'full')
  writer.open('oval_results', { xmlns: OVAL_RESULTS, 'xmlns:xsi': XML_SCHEMA_INSTANCE })
  writeGenerator(writer, generator)
  writer.open('directives', { include_source_definitions: writeDefinitions === undefined ? false : undefined })
  for (const result of RESULTS) {
    const { reported, content: extent } = input.directives?.[result] ?? FULL
    writer.element(`definition_${result.replaceAll(' ', '_')}`, { reported, content: extent })
  }
  writer.close()
  writeDefinitions?.(writer)

  writer.open('results').open('system')
  // What others extend is written too, unless directives say what is.
  const written = input.directives === undefined ? mentionedBy(content, definitionIds).definitions : definitionIds
  const full = new Set(input.directives === undefined ? written : fullIds)
  const tests = [...new Set([...full].flatMap((id) => testsOf(content.definitions[id]?.criteria)))]
  if (written.length > 0) {
    writer.open('definitions')
    for (const id of written) writeDefinition(writer, content, evaluation.definition(id), full.has(id))
    writer.close()
  }
  const items = new ItemIds()
  if (tests.length > 0) {
    writer.open('tests')
    for (const id of tests) {
      writeTest(writer, input, evaluation.test(id), items)
    }
    writer.close()
  }
  const described = input.withoutCharacteristics === true ? [] : fullIds
  writeCharacteristics(
    writer,
    { ...input, definitionIds: described },
    described.length === 0 ? new ItemIds() : items,
    masksOf(evaluation, content),
  )
  writer.close().close().close()
}

/** The tests that criteria name themselves, without those of extended definitions. */
function testsOf(node: Criteria | undefined): string[] {
  if (node?.kind === 'criterion') return [node.testRef]
  return node?.kind === 'criteria' ? node.children.flatMap(testsOf) : []
}

const FULL = { reported: true, content: 'full' } as const

function writeDefinition(writer: XmlWriter, content: OvalContent, definition: DefinitionResult, isFull: boolean): void {
  writer.open('definition', {
    definition_id: definition.id,
    version: content.definitions[definition.id]?.version,
    class: definition.class,
    result: definition.result,
  })
  for (const message of definition.messages) writer.element('message', { level: 'info' }, message)
  if (isFull && definition.criteria !== undefined && definition.criteria.children.length > 0) {
    writeCriteria(writer, content, definition.criteria)
  }
  writer.close()
}

function writeCriteria(writer: XmlWriter, content: OvalContent, node: CriteriaResult): void {
  const common = {
    applicability_check: node.applicabilityCheck ? true : undefined,
    negate: node.negate ? true : undefined,
    result: node.result,
  }
  switch (node.kind) {
    case 'criteria':
      writer.open('criteria', { operator: node.operator, ...common })
      for (const child of node.children) writeCriteria(writer, content, child)
      writer.close()
      return
    case 'criterion':
      writer.element('criterion', {
        test_ref: node.testRef,
        version: content.tests[node.testRef]?.version,
        ...common,
      })
      return
    case 'extend_definition':
      writer.element('extend_definition', {
        definition_ref: node.definitionRef,
        version: content.definitions[node.definitionRef]?.version,
        ...common,
      })
  }
}

function writeTest(
  writer: XmlWriter,
  { content, evaluation }: OvalResultsInput,
  test: TestResult,
  items: ItemIds,
): void {
  writer.open('test', {
    test_id: test.id,
    version: content.tests[test.id]?.version,
    check_existence: test.checkExistence === 'at_least_one_exists' ? undefined : test.checkExistence,
    check: test.check,
    state_operator: test.stateOperator === 'AND' ? undefined : test.stateOperator,
    result: test.result,
  })
  for (const message of test.messages) writer.element('message', { level: 'warning' }, message)
  for (const { item, result } of test.items) writer.element('tested_item', { item_id: items.idOf(item), result })
  // OVAL results schema, TestType: all that it uses, those in what its object and its variables are made of, too.
  for (const id of mentionedBy(content, [test.id], 'tests').variables) {
    if (derivesFromMasked(content, id)) continue
    for (const value of evaluation.variable(id).values) writer.element('tested_variable', { variable_id: id }, value)
  }
  writer.close()
}
