import { applyFilters, compilePattern, createPatience, matchEntity } from '@plumbline/scap'
import type {
  Check,
  Datatype,
  Flag,
  Item,
  ItemEntity,
  Pattern,
  ResolvedEntity,
  ResolvedObject,
  Status,
} from '@plumbline/scap'
import type { Session } from './session.ts'

/** The datatypes that an item's entities are declared with, and the values that the code fills in. */
interface Values {
  readonly string: string
  readonly int: bigint
  readonly boolean: boolean
  readonly float: string
  readonly version: string
  readonly evr_string: string
  readonly debian_evr_string: string
  readonly ipv4_address: string
  readonly ipv6_address: string
  /** Either kind of address, told apart by its look (system characteristics schema, EntityItemIPAddressStringType). */
  readonly ip_address: string
  readonly record: RecordValue
}

type Declared = keyof Values & (Datatype | 'ip_address')

/** Says of one entity that it is not there, or could not be read. */
export interface EntityStatus {
  readonly status: Exclude<Status, 'exists'>
}

/** Fields with names, of which several may have the same one. */
export interface RecordValue {
  readonly fields: readonly RecordField[]
}

export interface RecordField {
  readonly name: string
  readonly datatype: Datatype
  readonly value: string
}

export type EntityValue = boolean | bigint | string | RecordValue | EntityStatus

/** What the code returns: a value for each declared entity that has one; several where an entity repeats. */
export type ItemValues<Entities extends Readonly<Record<string, Declared>>> = {
  readonly [Name in keyof Entities]?: EntityStatus | Values[Entities[Name]] | readonly Values[Entities[Name]][]
}

/** An item, with what is not an entity of the standard beside it. */
export interface Found<Entities extends Readonly<Record<string, Declared>>> {
  readonly values: ItemValues<Entities>
  /** The line (1-based) of the file where it was found. */
  readonly line?: number
  /** The item stands for something that is there but could not be read. */
  readonly error?: string
}

/** What collecting an object came to, where the flag does not follow from the items. */
export interface Outcome<Entities extends Readonly<Record<string, Declared>>> {
  readonly flag?: Flag
  readonly messages?: readonly string[]
  /** Taken one by one, so that what the object's filters drop need not all be in memory. */
  readonly found: Iterable<Found<Entities>>
}

/** One entity of an object, ready to be compared with what is found on the asset. */
export interface ObjectEntity {
  readonly operation: ResolvedEntity['operation']
  /** For what is asked for by its name or expression, each for itself, as the referee does whatever `var_check` says. */
  readonly values: readonly string[]
  /** `xsi:nil`: the thing itself is asked for, as a directory rather than a file in it. */
  readonly isNil: boolean
  /** The only values that can match, of `equals`. */
  readonly literals: readonly string[] | undefined
  /** Patterns of which one must match; `matches` may ask for more. */
  readonly patterns: readonly Pattern[] | undefined
  matches(value: string): boolean
}

type Objects<Names extends string> = { readonly [Name in Names]: ObjectEntity }

export interface Asked<Names extends string> {
  /** The object's entities; one that the object leaves out matches everything. */
  readonly object: Objects<Names>
  /** Whether the object has the entity. */
  readonly has: (name: Names) => boolean
  readonly behaviors: Readonly<Record<string, string>>
  readonly resolved: ResolvedObject
  /** At most this many items; a test type that could find more stops there. */
  readonly maxItems: number
}

/** A kind of OVAL test: what its objects ask and its items hold, and how they are collected. */
export interface TestType {
  readonly name: string
  /** One sentence for the reference page. */
  readonly description: string
  readonly object: readonly string[]
  readonly item: Readonly<Record<string, Declared>>
  collect(
    session: Session,
    object: ResolvedObject,
    maxItems: number,
  ): Promise<{ flag?: Flag; messages?: readonly string[]; items: Item[] }>
}

export function defineTestType<
  const Names extends string,
  const Entities extends Readonly<Record<string, Declared>>,
>(type: {
  readonly family: string
  readonly name: string
  readonly description: string
  readonly object: readonly Names[]
  readonly item: Entities
  readonly collect: (
    session: Session,
    asked: Asked<Names>,
  ) => Promise<readonly ItemValues<Entities>[] | Outcome<Entities>>
}): TestType {
  const name = `${type.family}/${type.name}` as const
  return {
    name,
    description: type.description,
    object: type.object,
    item: type.item,
    async collect(session, resolved, maxItems) {
      const outcome = await type.collect(session, askedOf(type.object, resolved, maxItems))
      const { flag, messages, found }: Outcome<Entities> = Array.isArray(outcome)
        ? { found: (outcome as readonly ItemValues<Entities>[]).map((values) => ({ values })) }
        : (outcome as Outcome<Entities>)
      const masked = new Set(resolved.entities.filter(({ mask }) => mask).map((entity) => entity.name))
      const items: Item[] = []
      createPatience().run(() => {
        for (const one of found) {
          const item = asItem(name, type.item, one, masked)
          // A thing that could not be read lacks entities, so a filter would take it for one that does not match.
          items.push(...(item.status === 'error' ? [item] : applyFilters(resolved.filters, [item])))
          // One more than allowed tells the driver that there are more.
          if (items.length > maxItems) break
        }
      })
      return {
        ...(flag === undefined ? {} : { flag }),
        ...(messages === undefined ? {} : { messages }),
        items,
      }
    },
  }
}

function askedOf<Names extends string>(
  names: readonly Names[],
  resolved: ResolvedObject,
  maxItems: number,
): Asked<Names> {
  const given = new Map(resolved.entities.map((entity) => [entity.name, entity]))
  const object = Object.fromEntries(names.map((name) => [name, objectEntity(given.get(name))]))
  return {
    // Built from the very names.
    object: object as Objects<Names>,
    has: (name) => given.has(name),
    behaviors: resolved.behaviors,
    resolved,
    maxItems,
  }
}

const anything: ObjectEntity = {
  operation: 'equals',
  values: [],
  isNil: false,
  literals: undefined,
  patterns: undefined,
  matches: () => true,
}

function objectEntity(entity: ResolvedEntity | undefined): ObjectEntity {
  if (entity === undefined) return anything
  const { operation, values, varCheck, nil } = entity
  const check = values.length === 1 && varCheck !== 'none satisfy' ? 'at least one' : varCheck
  // The pattern for content has modifiers of its own, which are its test type's to set.
  const patterns =
    operation === 'pattern match' && check !== 'none satisfy' && entity.name !== 'pattern'
      ? values.map((value) => compilePattern(value))
      : undefined
  return {
    operation,
    values,
    isNil: nil,
    literals: operation === 'equals' ? literalsOf(values, check) : undefined,
    patterns: check === 'all' ? patterns?.slice(0, 1) : patterns,
    matches: matcherOf(entity, patterns, check),
  }
}

function literalsOf(values: readonly string[], check: Check): readonly string[] | undefined {
  switch (check) {
    case 'at least one':
      return values
    case 'all':
      // Nothing equals all of several values.
      return new Set(values).size > 1 ? [] : values
    case 'only one':
      // What is there twice equals two of them.
      return values.filter((value) => values.indexOf(value) === values.lastIndexOf(value))
    case 'none satisfy':
      return undefined
  }
}

/** A pattern that takes too long ends the collection of the object: what it was not tried on is not without a match. */
function matcherOf(entity: ResolvedEntity, patterns: ObjectEntity['patterns'], check: Check): ObjectEntity['matches'] {
  if (patterns === undefined) return (value) => matchEntity(entity, value) === 'true'
  if (check === 'all') return (value) => patterns.every((pattern) => pattern.test(value))
  if (check === 'only one') return (value) => patterns.filter((pattern) => pattern.test(value)).length === 1
  return (value) => patterns.some((pattern) => pattern.test(value))
}

function asItem<Entities extends Readonly<Record<string, Declared>>>(
  testType: `${string}/${string}`,
  declared: Entities,
  { values, line, error }: Found<Entities>,
  masked: ReadonlySet<string>,
): Item {
  const entities: ItemEntity[] = []
  for (const [name, datatype] of Object.entries(declared)) {
    const value = (values as Readonly<Record<string, EntityValue | readonly EntityValue[] | undefined>>)[name]
    if (value === undefined) continue
    const mask = masked.has(name) ? { mask: true } : {}
    for (const one of Array.isArray(value) ? (value as readonly EntityValue[]) : [value as EntityValue]) {
      entities.push({ ...asEntity(name, datatype, one), ...mask })
    }
  }
  return {
    testType,
    status: error === undefined ? 'exists' : 'error',
    entities,
    ...(error === undefined ? {} : { messages: [error] }),
    ...(line === undefined ? {} : { line }),
  }
}

function asEntity(name: string, declared: Declared, value: EntityValue): ItemEntity {
  const datatype = declared === 'ip_address' ? addressDatatype(value) : declared
  if (typeof value !== 'object') return { name, datatype, status: 'exists', value: String(value).toWellFormed() }
  if (isStatus(value)) return { name, datatype, status: value.status, value: '' }
  return {
    name,
    datatype: 'record',
    status: 'exists',
    value: '',
    fields: value.fields.map((field) => ({ ...field, status: 'exists' })),
  }
}

function addressDatatype(value: EntityValue): Datatype {
  if (typeof value !== 'string') return 'string'
  return value.includes(':') ? 'ipv6_address' : 'ipv4_address'
}

function isStatus(value: EntityStatus | RecordValue): value is EntityStatus {
  return 'status' in value
}
