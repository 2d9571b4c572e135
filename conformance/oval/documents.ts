import { writeXml } from '@plumbline/scap'
import type {
  Check,
  Datatype,
  Existence,
  Flag,
  Operation,
  Operator,
  Status,
  WriteAttributes,
  XmlWriter,
} from '@plumbline/scap'
import type { OvalDocuments } from './referee.ts'

const DEFINITIONS = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
const CHARACTERISTICS = 'http://oval.mitre.org/XMLSchema/oval-system-characteristics-5'

/** As it is written: the last is deprecated. */
export type CheckWord = Check | 'none exist'

export interface CaseEntity {
  readonly value?: string
  readonly datatype?: Datatype
  readonly operation?: Operation
  readonly entityCheck?: CheckWord
  readonly checkExistence?: Existence
  readonly varRef?: string
  readonly varCheck?: CheckWord
  /** Of an item only. */
  readonly status?: Status
  /** Makes it a record of these fields. */
  readonly fields?: readonly (CaseEntity & { readonly name: string })[]
}

/** One test over one object: items with `subexpression` entities, and states that speak of them. */
export interface TestCase {
  readonly check?: CheckWord
  readonly checkExistence?: Existence
  readonly stateOperator?: Operator
  readonly flag?: Flag
  readonly items?: readonly { readonly status?: Status; readonly entities: readonly CaseEntity[] }[]
  readonly states?: readonly { readonly operator?: Operator; readonly entities: readonly CaseEntity[] }[]
}

/** A definition over the tests of its number; without criteria when `tests` is missing. */
export type CriteriaCase = (writer: XmlWriter) => void

export const testId = (i: number) => `oval:case:tst:${i + 1}`
export const objectId = (i: number) => `oval:case:obj:${i + 1}`
export const definitionId = (i: number) => `oval:case:def:${i + 1}`
export const variableId = (i: number) => `oval:case:var:${i + 1}`

/** Writes cases as OVAL documents: case i is test i; without `criteria`, definition i has just test i. */
export function documentsOf(
  cases: readonly TestCase[],
  more: {
    readonly criteria?: readonly (CriteriaCase | undefined)[]
    readonly variables?: (writer: XmlWriter) => void
  } = {},
): OvalDocuments {
  const criteria =
    more.criteria ??
    cases.map(
      (_, i): CriteriaCase =>
        (writer) =>
          writer
            .open('criteria')
            .element('criterion', { test_ref: testId(i) })
            .close(),
    )
  return {
    definitions: writeXml((writer) => {
      writer.open('oval_definitions', {
        xmlns: DEFINITIONS,
        'xmlns:oval-def': DEFINITIONS,
        'xmlns:oval': 'http://oval.mitre.org/XMLSchema/oval-common-5',
      })
      writeGenerator(writer)
      section(writer, 'definitions', criteria, writeDefinition)
      section(writer, 'tests', cases, writeTest)
      section(writer, 'objects', cases, writeObject)
      section(
        writer,
        'states',
        cases.flatMap(({ states = [] }, i) => states.map((state, j) => ({ state, id: stateId(i, j) }))),
        writeState,
      )
      if (more.variables !== undefined) {
        writer.open('variables')
        more.variables(writer)
        writer.close()
      }
      writer.close()
    }),
    systemCharacteristics: writeXml((writer) => {
      writer.open('oval_system_characteristics', {
        xmlns: CHARACTERISTICS,
        'xmlns:oval-sc': CHARACTERISTICS,
        'xmlns:oval': 'http://oval.mitre.org/XMLSchema/oval-common-5',
      })
      writeGenerator(writer)
      writer.open('system_info')
      for (const name of ['os_name', 'os_version', 'architecture', 'primary_host_name']) writer.element(name, {}, 'x')
      writer.element('interfaces').close()
      let items = 0
      section(writer, 'collected_objects', cases, (_, i, { flag = 'complete', items: found = [] }) => {
        writer.open('object', { id: objectId(i), version: 1, flag })
        for (const _item of found) writer.element('reference', { item_ref: ++items })
        writer.close()
      })
      section(
        writer,
        'system_data',
        cases.flatMap(({ items: found = [] }) => found),
        writeItem,
      )
      writer.close()
    }),
  }
}

const stateId = (i: number, j: number) => `oval:case:ste:${i * 10 + j + 1}`

function section<T>(
  writer: XmlWriter,
  name: string,
  parts: readonly T[],
  write: (writer: XmlWriter, i: number, part: T) => void,
): void {
  if (parts.length === 0) return
  writer.open(name)
  parts.forEach((part, i) => write(writer, i, part))
  writer.close()
}

function writeGenerator(writer: XmlWriter): void {
  writer
    .open('generator')
    .element('oval:schema_version', {}, '5.11.1')
    .element('oval:timestamp', {}, '2026-01-01T00:00:00')
    .close()
}

function writeDefinition(writer: XmlWriter, i: number, criteria: CriteriaCase | undefined): void {
  writer
    .open('definition', { id: definitionId(i), version: 1, class: 'miscellaneous' })
    .open('metadata')
    .element('title', {}, 'case')
    .element('description', {}, 'case')
    .close()
  criteria?.(writer)
  writer.close()
}

function writeTest(
  writer: XmlWriter,
  i: number,
  { check = 'all', checkExistence, stateOperator, states = [] }: TestCase,
): void {
  writer
    .open('textfilecontent54_test', {
      xmlns: `${DEFINITIONS}#independent`,
      id: testId(i),
      version: 1,
      comment: 'case',
      check,
      check_existence: checkExistence,
      state_operator: stateOperator,
    })
    .element('object', { object_ref: objectId(i) })
  states.forEach((_, j) => writer.element('state', { state_ref: stateId(i, j) }))
  writer.close()
}

function writeObject(writer: XmlWriter, i: number): void {
  writer
    .open('textfilecontent54_object', { xmlns: `${DEFINITIONS}#independent`, id: objectId(i), version: 1 })
    .element('filepath', {}, '/file')
    .element('pattern', { operation: 'pattern match' }, `case ${i}`)
    .element('instance', { datatype: 'int' }, '1')
    .close()
}

function writeState(
  writer: XmlWriter,
  _: number,
  { state: { operator, entities }, id }: { state: NonNullable<TestCase['states']>[number]; id: string },
): void {
  writer.open('textfilecontent54_state', { xmlns: `${DEFINITIONS}#independent`, id, version: 1, operator })
  for (const entity of entities) writeEntity(writer, entity, stateAttributes)
  writer.close()
}

function writeEntity(writer: XmlWriter, entity: CaseEntity, attributesOf: (entity: CaseEntity) => WriteAttributes) {
  if (entity.fields === undefined) {
    writer.element('subexpression', attributesOf(entity), entity.value ?? '')
    return
  }
  writer.open('subexpression', { ...attributesOf(entity), datatype: 'record' })
  for (const field of entity.fields) {
    const prefix = attributesOf === stateAttributes ? 'oval-def' : 'oval-sc'
    writer.element(`${prefix}:field`, { name: field.name, ...attributesOf(field) }, field.value ?? '')
  }
  writer.close()
}

function stateAttributes(entity: CaseEntity): WriteAttributes {
  return {
    datatype: entity.datatype,
    operation: entity.operation,
    entity_check: entity.entityCheck,
    check_existence: entity.checkExistence,
    var_ref: entity.varRef,
    var_check: entity.varCheck,
  }
}

function writeItem(writer: XmlWriter, i: number, { status, entities }: NonNullable<TestCase['items']>[number]): void {
  writer.open('textfilecontent_item', { xmlns: `${CHARACTERISTICS}#independent`, id: i + 1, status })
  writer.element('filepath', {}, '/file')
  for (const entity of entities) writeEntity(writer, entity, itemAttributes)
  writer.close()
}

const itemAttributes = ({ datatype, status }: CaseEntity): WriteAttributes => ({ datatype, status })
