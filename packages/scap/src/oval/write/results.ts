import type { XmlWriter } from '../../xml/write.ts'
import { mentionedBy } from '../dependencies.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { derivesFromMasked, masksOf } from '../masks.ts'
import type { OvalContent } from '../model/content.ts'
import type { Criteria } from '../model/criteria.ts'
import type { OvalResult } from '../model/enumerations.ts'
import type { CriteriaResult } from '../model/result.ts'
import { OVAL_RESULTS, XML_SCHEMA_INSTANCE } from '../parse/namespaces.ts'
import { writeGenerator } from './generator.ts'
import { instanceNumber, ItemIds, writeCharacteristics } from './system-characteristics.ts'
import type { OvalInstance, SystemCharacteristicsInput } from './system-characteristics.ts'

/** What OVAL results are written from. */
export interface OvalResultsInput extends SystemCharacteristicsInput {
  /** Writes the `oval_definitions` element; without it the results say that they do not include their source. */
  readonly writeDefinitions?: (writer: XmlWriter) => void
  /** What of each result is written (OVAL directives schema); all of it without. */
  readonly directives?: Directives
  /** The same document evaluated for other values of its variables: its `variable_instance`s 2, 3 … */
  readonly further?: readonly OvalInstance[]
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
  const { content, generator } = input
  const writeDefinitions = input.directives?.includeSourceDefinitions === false ? undefined : input.writeDefinitions
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
  const instances = [input, ...(input.further ?? [])].map((one, at) => extentOf(input, one, instanceNumber(at)))
  if (instances.some(({ definitions }) => definitions.length > 0)) {
    writer.open('definitions')
    for (const instance of instances)
      for (const id of instance.definitions) writeDefinition(writer, content, instance, id)
    writer.close()
  }
  const items = new ItemIds()
  if (instances.some(({ tests }) => tests.length > 0)) {
    writer.open('tests')
    for (const instance of instances) for (const id of instance.tests) writeTest(writer, content, instance, id, items)
    writer.close()
  }
  const described = instances.map(({ evaluation, asked }) => ({
    evaluation,
    definitionIds: input.withoutCharacteristics === true ? [] : asked,
  }))
  const isDescribed = described.some(({ definitionIds }) => definitionIds.length > 0)
  const [masks, ...others] = instances.map(({ evaluation }) => masksOf(evaluation, content))
  writeCharacteristics(
    writer,
    input,
    described,
    isDescribed ? items : new ItemIds(),
    others.length === 0 ? masks : (item) => new Set([masks, ...others].flatMap((one) => [...(one?.(item) ?? [])])),
  )
  writer.close().close().close()
}

/** What is written of an instance. */
interface Extent {
  readonly evaluation: Evaluation
  readonly number: number | undefined
  /** The definitions that were asked for and are written in full. */
  readonly asked: readonly string[]
  readonly definitions: readonly string[]
  /** Of these the ones that are written in full. */
  readonly full: ReadonlySet<string>
  readonly tests: readonly string[]
}

function extentOf(
  { content, directives }: OvalResultsInput,
  { evaluation, definitionIds = Object.keys(content.definitions) }: OvalInstance,
  number: number | undefined,
): Extent {
  const directiveOf = (id: string) => directives?.[evaluation.result(id)] ?? FULL
  const reported = definitionIds.filter((id) => directiveOf(id).reported)
  const asked = reported.filter((id) => directiveOf(id).content === 'full')
  // What others extend is written too, unless directives say what is.
  const definitions = directives === undefined ? mentionedBy(content, reported).definitions : reported
  const full = new Set(directives === undefined ? definitions : asked)
  const tests = [...new Set([...full].flatMap((id) => testsOf(content.definitions[id]?.criteria)))]
  return { evaluation, number, asked, definitions, full, tests }
}

/** The tests that criteria name themselves, without those of extended definitions. */
function testsOf(node: Criteria | undefined): string[] {
  if (node?.kind === 'criterion') return [node.testRef]
  return node?.kind === 'criteria' ? node.children.flatMap(testsOf) : []
}

const FULL = { reported: true, content: 'full' } as const

function writeDefinition(
  writer: XmlWriter,
  content: OvalContent,
  { evaluation, full, number }: Extent,
  id: string,
): void {
  const definition = evaluation.definition(id)
  writer.open('definition', {
    definition_id: id,
    version: content.definitions[id]?.version,
    variable_instance: number,
    class: definition.class,
    result: definition.result,
  })
  for (const message of definition.messages) writer.element('message', { level: 'info' }, message)
  if (full.has(id) && definition.criteria !== undefined && definition.criteria.children.length > 0) {
    writeCriteria(writer, content, definition.criteria, number)
  }
  writer.close()
}

function writeCriteria(
  writer: XmlWriter,
  content: OvalContent,
  node: CriteriaResult,
  instance: number | undefined,
): void {
  const common = {
    applicability_check: node.applicabilityCheck ? true : undefined,
    negate: node.negate ? true : undefined,
    result: node.result,
  }
  switch (node.kind) {
    case 'criteria':
      writer.open('criteria', { operator: node.operator, ...common })
      for (const child of node.children) writeCriteria(writer, content, child, instance)
      writer.close()
      return
    case 'criterion':
      writer.element('criterion', {
        test_ref: node.testRef,
        version: content.tests[node.testRef]?.version,
        variable_instance: instance,
        ...common,
      })
      return
    case 'extend_definition':
      writer.element('extend_definition', {
        definition_ref: node.definitionRef,
        version: content.definitions[node.definitionRef]?.version,
        variable_instance: instance,
        ...common,
      })
  }
}

function writeTest(
  writer: XmlWriter,
  content: OvalContent,
  { evaluation, number }: Extent,
  testId: string,
  items: ItemIds,
): void {
  const test = evaluation.test(testId)
  writer.open('test', {
    test_id: test.id,
    version: content.tests[test.id]?.version,
    variable_instance: number,
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
