import { ContentError } from '../errors.ts'
import { attribute, child, childrenNamed, childText } from '../xml/element.ts'
import type { XmlElement } from '../xml/element.ts'
import type { ObjectSource } from './evaluate/evaluation.ts'
import type { Flag, Status } from './model/enumerations.ts'
import type { Item, ItemEntity } from './model/item.ts'
import type { CollectedObject, SystemInfo } from './model/system-characteristics.ts'
import { booleanOf, oneOf, placeOf, requireId } from './parse/attributes.ts'
import { DATATYPES } from './parse/entity.ts'
import { OVAL_SYSTEM_CHARACTERISTICS, testTypeOf } from './parse/namespaces.ts'

const FLAGS: readonly Flag[] = ['complete', 'does not exist', 'error', 'incomplete', 'not applicable', 'not collected']
const STATUSES: readonly Status[] = ['does not exist', 'error', 'exists', 'not collected']

/** OVAL system characteristics that some tool wrote: objects by their id, because it knows no digests. */
export interface SystemCharacteristicsDocument {
  readonly systemInfo: SystemInfo
  readonly objects: ReadonlyMap<string, CollectedObject>
  /** By `variable_instance`, where an object was collected for several sets of values of its variables; `1` is the first. */
  readonly instances: ReadonlyMap<string, ReadonlyMap<string, CollectedObject>>
}

/** Reads an `oval_system_characteristics` element. Its items are shared between the objects that refer to them. */
export function parseSystemCharacteristics(root: XmlElement): SystemCharacteristicsDocument {
  if (root.name !== 'oval_system_characteristics' || root.namespace !== OVAL_SYSTEM_CHARACTERISTICS) {
    throw new ContentError(
      'content-not-recognised',
      `<${root.name}> is not <oval_system_characteristics>`,
      placeOf(root),
    )
  }
  const items = new Map<string, Item>()
  for (const element of child(root, 'system_data')?.children ?? []) items.set(requireId(element), parseItem(element))

  const generator = child(root, 'generator')
  const collectedAt = generator === undefined ? '' : childText(generator, 'timestamp')
  const objects = new Map<string, CollectedObject>()
  const instances = new Map<string, Map<string, CollectedObject>>()
  for (const element of child(root, 'collected_objects')?.children ?? []) {
    const id = requireId(element)
    const object = parseCollectedObject(element, items, collectedAt)
    if (!objects.has(id)) objects.set(id, object)
    const number = attribute(element, 'variable_instance') ?? '1'
    const instance = instances.get(number) ?? new Map<string, CollectedObject>()
    instances.set(number, instance)
    if (!instance.has(id)) instance.set(id, object)
  }
  return { systemInfo: parseSystemInfo(child(root, 'system_info')), objects, instances }
}

/** The objects of such a document as what an evaluation looks them up in: those of an instance before those of others. */
export function sourceById(
  { objects, instances }: Pick<SystemCharacteristicsDocument, 'instances' | 'objects'>,
  instance = '1',
): ObjectSource {
  const own = instances.get(instance)
  return { find: (_digest, objectId) => own?.get(objectId) ?? objects.get(objectId) }
}

function parseCollectedObject(
  element: XmlElement,
  items: ReadonlyMap<string, Item>,
  collectedAt: string,
): CollectedObject {
  return {
    flag: oneOf(element, 'flag', FLAGS, 'complete'),
    messages: childrenNamed(element, 'message').map(({ text }) => text),
    items: childrenNamed(element, 'reference').map((reference) => {
      const item = items.get(requireId(reference, 'item_ref'))
      if (item !== undefined) return item
      throw new ContentError(
        'content-dangling-reference',
        `object "${attribute(element, 'id')}" refers to an item that is not in <system_data>`,
        placeOf(reference),
      )
    }),
    collectedAt,
  }
}

function parseItem(element: XmlElement): Item {
  const messages = childrenNamed(element, 'message', OVAL_SYSTEM_CHARACTERISTICS).map(({ text }) => text)
  return {
    testType: testTypeOf(element, '_item'),
    status: oneOf(element, 'status', STATUSES, 'exists'),
    entities: element.children
      .filter(({ namespace }) => namespace === element.namespace)
      .map((entity) => parseItemEntity(entity, entity.name)),
    ...(messages.length === 0 ? {} : { messages }),
  }
}

function parseItemEntity(element: XmlElement, name: string): ItemEntity {
  const datatype = oneOf(element, 'datatype', DATATYPES, 'string')
  const entity = {
    name,
    datatype,
    status: oneOf(element, 'status', STATUSES, 'exists'),
    value: element.text,
    ...(booleanOf(element, 'mask') ? { mask: true } : {}),
  }
  if (datatype !== 'record') return entity
  return {
    ...entity,
    value: '',
    fields: childrenNamed(element, 'field').map((field) => parseItemEntity(field, requireId(field, 'name'))),
  }
}

export function parseSystemInfo(element: XmlElement | undefined): SystemInfo {
  const text = (parent: XmlElement | undefined, name: string) => (parent === undefined ? '' : childText(parent, name))
  const interfaces = element === undefined ? undefined : child(element, 'interfaces')
  return {
    osName: text(element, 'os_name'),
    osVersion: text(element, 'os_version'),
    architecture: text(element, 'architecture'),
    primaryHostName: text(element, 'primary_host_name'),
    interfaces: (interfaces?.children ?? []).map((each) => ({
      interfaceName: text(each, 'interface_name'),
      ipAddress: text(each, 'ip_address'),
      macAddress: text(each, 'mac_address'),
    })),
  }
}
