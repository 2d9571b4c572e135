import type { YamlMapping, YamlNode, YamlScalar } from './yaml.ts'

/** A value of YAML as OVAL has it. */
export interface YamlValue {
  readonly datatype: 'boolean' | 'float' | 'int' | 'string'
  readonly value: string
}

/** A field of an OVAL record. */
export interface YamlField extends YamlValue {
  readonly name: string
}

/** More values than a test can be about: an alias can stand for many. */
const maxValues = 100_000

/**
 * Records of the nodes that a path led to: one for each mapping and for each sequence in a sequence, and one for all scalars,
 * which have the name `#`. Throws what does not fit in a record, as a mapping in a mapping.
 */
export function recordsOf(nodes: readonly YamlNode[]): readonly (readonly YamlField[])[] {
  const records: YamlField[][] = []
  const loose: YamlField[] = []
  let values = 0
  const field = (name: string, scalar: YamlScalar): YamlField => {
    if ((values += 1) > maxValues) throw new Error(`it leads to more than ${maxValues} values`)
    return { name, ...valueOf(scalar) }
  }
  const addSequence = (items: readonly YamlNode[]): void => {
    const scalars = items.filter((item) => item.kind === 'scalar')
    if (scalars.length > 0 && scalars.length < items.length) throw new Error('it leads to a list of scalars and others')
    loose.push(...scalars.map((item) => field('#', item)))
    for (const item of items) {
      if (item.kind === 'mapping') records.push(recordOf(item, field))
      if (item.kind === 'sequence') records.push(scalarsOf(item.items).map((one) => field('#', one)))
    }
  }
  for (const node of nodes) {
    if (node.kind === 'scalar') loose.push(field('#', node))
    else if (node.kind === 'mapping') records.push(recordOf(node, field))
    else addSequence(node.items)
  }
  return [...records, loose].filter((record) => record.length > 0)
}

function recordOf({ entries }: YamlMapping, field: (name: string, scalar: YamlScalar) => YamlField): YamlField[] {
  return entries.flatMap(([key, value]) => {
    if (key.kind !== 'scalar' || value.kind === 'mapping') throw new Error('it leads to a mapping in a mapping')
    const name = fieldName(key.text)
    return (value.kind === 'scalar' ? [value] : scalarsOf(value.items)).map((one) => field(name, one))
  })
}

function scalarsOf(items: readonly YamlNode[]): YamlScalar[] {
  return items.map((item) => {
    if (item.kind !== 'scalar') throw new Error('it leads to lists in lists in lists, or in mappings')
    return item
  })
}

/** OVAL 5.11.3, independent system characteristics schema, yamlfilecontent_item: names of fields have no capitals. */
const fieldName = (key: string): string => key.replace(/[A-Z^]/g, (letter) => `^${letter.toLowerCase()}`)

const standard = 'tag:yaml.org,2002:'

/** YAML 1.2, 10.3.2: what a scalar is, by its tag or, when it is plain, by its look. */
function valueOf({ text, isPlain, tag }: YamlScalar): YamlValue {
  const asked = tag?.startsWith(standard) === true ? tag.slice(standard.length) : undefined
  const mayBe = (datatype: string): boolean => asked === datatype || (tag === undefined && isPlain)
  if (mayBe('bool') && /^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) {
    return { datatype: 'boolean', value: text.toLowerCase() }
  }
  if (mayBe('int')) {
    if (/^[-+]?\d+$/.test(text)) return { datatype: 'int', value: decimal(text) }
    if (/^0(?:o[0-7]+|x[\da-fA-F]+)$/.test(text)) return { datatype: 'int', value: String(BigInt(text)) }
  }
  if (mayBe('float')) {
    const value = asFloat(text)
    if (value !== undefined) return { datatype: 'float', value }
  }
  if (asked === 'bool' || asked === 'int' || asked === 'float')
    throw new Error(`it leads to ${text}, which is no ${asked}`)
  // As the referee prints nothing.
  if (mayBe('null') && /^(?:~|null|Null|NULL|)$/.test(text)) return { datatype: 'string', value: '(null)' }
  return { datatype: 'string', value: text }
}

/** In the words of XML Schema's float, which are OVAL's too. */
function asFloat(text: string): string | undefined {
  if (/^\.(?:nan|NaN|NAN)$/.test(text)) return 'NaN'
  const isInfinite = /^[-+]?\.(?:inf|Inf|INF)$/.test(text)
  if (!isInfinite && !/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return undefined
  const number = isInfinite ? Infinity * (text.startsWith('-') ? -1 : 1) : Number(text)
  return String(number).replace('Infinity', 'INF')
}

/** A hostile file may have a number of a million digits, which nobody compares as one. */
const decimal = (text: string): string =>
  text.length > 400 ? text.replace(/^\+/, '') : String(BigInt(text.replace(/^\+/, '')))
