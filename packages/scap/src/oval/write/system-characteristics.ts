import type { XmlWriter } from '../../xml/write.ts'
import { mentionedBy } from '../dependencies.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { identityOf } from '../evaluate/set.ts'
import { itemElement } from '../item-element.ts'
import { derivesFromMasked } from '../masks.ts'
import type { Masks } from '../masks.ts'
import type { OvalContent } from '../model/content.ts'
import type { Flag } from '../model/enumerations.ts'
import type { Item, ItemEntity } from '../model/item.ts'
import type { SystemInfo } from '../model/system-characteristics.ts'
import { OVAL_COMMON, OVAL_SYSTEM_CHARACTERISTICS, XML_SCHEMA_INSTANCE } from '../parse/namespaces.ts'
import { writeGenerator } from './generator.ts'
import type { Generator } from './generator.ts'

/** Definitions evaluated for one set of values of their external variables. */
export interface OvalInstance {
  readonly evaluation: Evaluation
  /** Only these, and the objects that they need; all by default. */
  readonly definitionIds?: readonly string[] | undefined
}

/** What OVAL system characteristics are written from. */
export interface SystemCharacteristicsInput extends OvalInstance {
  readonly content: OvalContent
  readonly systemInfo: SystemInfo
  readonly generator: Generator
}

/** Numbers items; the same item found for two objects is written once. */
export class ItemIds {
  readonly #ids = new Map<string, { readonly id: number; readonly item: Item }>()

  idOf(item: Item): number {
    const identity = identityOf(item)
    const known = this.#ids.get(identity)
    if (known !== undefined) return known.id
    const id = this.#ids.size + 1
    this.#ids.set(identity, { id, item })
    return id
  }

  all(): Iterable<{ readonly id: number; readonly item: Item }> {
    return this.#ids.values()
  }
}

/** Writes an OVAL system characteristics document (5.11.2). Values are never masked in it, as the schema demands. */
export function writeSystemCharacteristics(writer: XmlWriter, input: SystemCharacteristicsInput): void {
  writeCharacteristics(writer, input, [input], new ItemIds())
}

/** The same inside results, which share the numbers of items, hide masked values and may be of several instances. */
export function writeCharacteristics(
  writer: XmlWriter,
  { content, systemInfo, generator }: Omit<SystemCharacteristicsInput, keyof OvalInstance>,
  instances: readonly OvalInstance[],
  items: ItemIds,
  masksOfItem?: (item: Item) => Masks,
): void {
  writer.open('oval_system_characteristics', {
    xmlns: OVAL_SYSTEM_CHARACTERISTICS,
    'xmlns:oval': OVAL_COMMON,
    'xmlns:xsi': XML_SCHEMA_INSTANCE,
  })
  writeGenerator(writer, generator)
  writeSystemInfo(writer, systemInfo)

  const objects = instances.flatMap(({ evaluation, definitionIds = Object.keys(content.definitions) }, at) =>
    mentionedBy(content, definitionIds).objects.map((id) => ({ id, evaluation, instance: instanceNumber(at) })),
  )
  if (objects.length > 0) {
    writer.open('collected_objects')
    for (const object of objects) writeObject(writer, content, object, items, masksOfItem !== undefined)
    writer.close()
  }
  const all = [...items.all()]
  if (all.length > 0) {
    const families: Record<string, string> = {}
    for (const { item } of all) {
      const { prefix, namespace } = itemElement(item.testType)
      families[`xmlns:${prefix}`] = namespace
    }
    writer.open('system_data', families)
    for (const { id, item } of all) writeItem(writer, id, item, masksOfItem?.(item))
    writer.close()
  }
  writer.close()
}

function writeSystemInfo(writer: XmlWriter, info: SystemInfo): void {
  writer
    .open('system_info')
    .element('os_name', {}, info.osName)
    .element('os_version', {}, info.osVersion)
    .element('architecture', {}, info.architecture)
    .element('primary_host_name', {}, info.primaryHostName)
    .open('interfaces')
  for (const { interfaceName, ipAddress, macAddress } of info.interfaces) {
    writer
      .open('interface')
      .element('interface_name', {}, interfaceName)
      .element('ip_address', {}, ipAddress)
      .element('mac_address', {}, macAddress)
      .close()
  }
  writer.close().close()
}

const MESSAGE_LEVELS: Readonly<Record<Flag, string>> = {
  complete: 'info',
  'does not exist': 'info',
  error: 'error',
  incomplete: 'warning',
  'not applicable': 'info',
  'not collected': 'warning',
}

/** As `variable_instance` has it, which is 1 where nothing is said. */
export const instanceNumber = (at: number): number | undefined => (at === 0 ? undefined : at + 1)

function writeObject(
  writer: XmlWriter,
  content: OvalContent,
  {
    id,
    evaluation,
    instance,
  }: { readonly id: string; readonly evaluation: Evaluation; readonly instance: number | undefined },
  items: ItemIds,
  hidesMasked: boolean,
): void {
  const object = content.objects[id]
  if (object === undefined) return
  const { flag, messages, items: found } = evaluation.object(id)
  writer.open('object', {
    id,
    version: object.version,
    variable_instance: instance,
    comment: object.comment || undefined,
    flag,
  })
  for (const message of messages) writer.element('message', { level: MESSAGE_LEVELS[flag] }, message)
  for (const { id: variableId, values } of variablesOf(id, content, evaluation)) {
    if (hidesMasked && derivesFromMasked(content, variableId)) continue
    for (const value of values) writer.element('variable_value', { variable_id: variableId }, value)
  }
  for (const item of found) writer.element('reference', { item_ref: items.idOf(item) })
  writer.close()
}

function variablesOf(id: string, content: OvalContent, evaluation: Evaluation) {
  const resolved = content.objects[id]?.set === undefined ? evaluation.resolveObject(id) : undefined
  const entities = resolved === undefined ? [] : [resolved, ...resolved.filters.map(({ state }) => state)]
  const used = entities.flatMap((part) => part.entities).flatMap(({ variable }) => variable?.id ?? [])
  const object = content.objects[id]
  // It names the variable that it asks for by the value of its one entity.
  if (object?.testType === 'independent/variable')
    used.push(...object.entities.flatMap(({ name, value }) => (name === 'var_ref' ? (value?.trim() ?? []) : [])))
  return [...new Set(used)].map((variableId) => evaluation.variable(variableId))
}

/** The schema allows no more. */
const MAX_ITEM_MESSAGES = 50

function writeItem(writer: XmlWriter, id: number, item: Item, masks?: Masks): void {
  const { name, prefix } = itemElement(item.testType)
  writer.open(`${prefix}:${name}`, { id, status: item.status })
  for (const message of (item.messages ?? []).slice(0, MAX_ITEM_MESSAGES)) writer.element('message', {}, message)
  for (const entity of item.entities) writeEntity(writer, prefix, entity, masks)
  writer.close()
}

/** Nothing is hidden without `masks`. */
function writeEntity(writer: XmlWriter, prefix: string, entity: ItemEntity, masks?: Masks): void {
  const { name, fields } = entity
  const mask = masks !== undefined && (entity.mask === true || masks.has(name))
  if (fields === undefined) {
    writer.element(`${prefix}:${name}`, attributesOf(entity, mask), mask ? '' : entity.value)
    return
  }
  writer.open(`${prefix}:${name}`, attributesOf(entity, mask))
  for (const field of fields) {
    const hidden =
      masks !== undefined && (mask || field.mask === true || masks.has(`${name}/${field.name.toLowerCase()}`))
    writer.element('field', { name: field.name, ...attributesOf(field, hidden) }, hidden ? '' : field.value)
  }
  writer.close()
}

function attributesOf({ datatype, status }: ItemEntity, mask: boolean) {
  return {
    datatype: datatype === 'string' ? undefined : datatype,
    status: status === 'exists' ? undefined : status,
    mask: mask ? true : undefined,
  }
}
