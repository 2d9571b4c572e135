import type { XmlWriter } from '../../xml/write.ts'
import { mentionedBy } from '../dependencies.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import type { OvalContent } from '../model/content.ts'
import type { ItemEntity } from '../model/item.ts'
import type { CriteriaResult, DefinitionResult, TestResult } from '../model/result.ts'
import { OVAL_RESULTS, XML_SCHEMA_INSTANCE } from '../parse/namespaces.ts'
import { writeGenerator } from './generator.ts'
import { ItemIds, writeCharacteristics } from './system-characteristics.ts'
import type { SystemCharacteristicsInput } from './system-characteristics.ts'

/** What OVAL results are written from. */
export interface OvalResultsInput extends SystemCharacteristicsInput {
  /** Writes the `oval_definitions` element; without it the results say that they do not include their source. */
  readonly writeDefinitions?: (writer: XmlWriter) => void
}

const DIRECTIVES = [
  'definition_true',
  'definition_false',
  'definition_unknown',
  'definition_error',
  'definition_not_evaluated',
  'definition_not_applicable',
]

/** Writes an OVAL results document (5.11.2), with the system characteristics that the results rest on. */
export function writeOvalResults(writer: XmlWriter, input: OvalResultsInput): void {
  const { content, evaluation, generator, writeDefinitions } = input
  const definitionIds = input.definitionIds ?? Object.keys(content.definitions)
  writer.open('oval_results', { xmlns: OVAL_RESULTS, 'xmlns:xsi': XML_SCHEMA_INSTANCE })
  writeGenerator(writer, generator)
  writer.open('directives', { include_source_definitions: writeDefinitions === undefined ? false : undefined })
  for (const directive of DIRECTIVES) writer.element(directive, { reported: true, content: 'full' })
  writer.close()
  writeDefinitions?.(writer)

  writer.open('results').open('system')
  const { definitions, tests } = mentionedBy(content, definitionIds)
  if (definitions.length > 0) {
    writer.open('definitions')
    for (const id of definitions) writeDefinition(writer, content, evaluation.definition(id))
    writer.close()
  }
  const items = new ItemIds()
  const masked = new Map<number, Set<string>>()
  if (tests.length > 0) {
    writer.open('tests')
    for (const id of tests) {
      const result = evaluation.test(id)
      noteMasks(masked, items, content, evaluation, result)
      writeTest(writer, content, result, items)
    }
    writer.close()
  }
  const isMasked = (itemId: number, entity: ItemEntity): boolean =>
    entity.mask === true || masked.get(itemId)?.has(entity.name) === true
  writeCharacteristics(writer, { ...input, definitionIds }, items, isMasked)
  writer.close().close().close()
}

function writeDefinition(writer: XmlWriter, content: OvalContent, definition: DefinitionResult): void {
  writer.open('definition', {
    definition_id: definition.id,
    version: content.definitions[definition.id]?.version,
    class: definition.class,
    result: definition.result,
  })
  for (const message of definition.messages) writer.element('message', { level: 'info' }, message)
  if (definition.criteria !== undefined && definition.criteria.children.length > 0) {
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

function writeTest(writer: XmlWriter, content: OvalContent, test: TestResult, items: ItemIds): void {
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
  for (const { id, values } of test.variables) {
    for (const value of values) writer.element('tested_variable', { variable_id: id }, value)
  }
  writer.close()
}

/** EntityAttributeGroup, `mask`: of an object or a state, it hides the entity in every item they speak of. */
function noteMasks(
  masked: Map<number, Set<string>>,
  items: ItemIds,
  content: OvalContent,
  evaluation: Evaluation,
  { id, object, items: tested }: TestResult,
): void {
  const states = content.tests[id]?.stateRefs.map((ref) => content.states[ref]!) ?? []
  const asked = object === undefined ? [] : evaluation.resolveObject(object.id).entities
  const names = [...asked, ...states.flatMap((state) => state.entities)]
    .filter(({ mask }) => mask)
    .map(({ name }) => name)
  if (names.length === 0) return
  for (const { item } of tested) {
    const itemId = items.idOf(item)
    masked.set(itemId, new Set([...(masked.get(itemId) ?? []), ...names]))
  }
}
