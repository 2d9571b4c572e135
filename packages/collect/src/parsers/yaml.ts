import type { Alias, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'

/** A node of a YAML document as it is written: nothing is converted, and an alias is the very node that it stands for. */
export type YamlNode = YamlScalar | YamlSequence | YamlMapping

export interface YamlScalar {
  readonly kind: 'scalar'
  readonly text: string
  /** Written without quotes, so that it may be a number. */
  readonly isPlain: boolean
  readonly tag: string | undefined
}

export interface YamlSequence {
  readonly kind: 'sequence'
  readonly items: readonly YamlNode[]
}

export interface YamlMapping {
  readonly kind: 'mapping'
  /** In the order of the document, a key that is there twice included. */
  readonly entries: readonly (readonly [key: YamlNode, value: YamlNode])[]
}

export interface YamlDocument {
  readonly root: YamlNode
  readonly anchors: ReadonlyMap<string, YamlNode>
}

/** A text of this length takes the parser some seconds. */
const maxYamlLength = 2 * 1024 * 1024
/** What is JSON is read by the runtime, much faster. */
const maxJsonLength = 32 * 1024 * 1024

/** YAML 1.2, 5.1: all but c-printable. The library takes them for text. */
const unprintable = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

/** The documents of a YAML 1.2 stream. Throws what is wrong with it, or that it is too long. */
export async function parseYaml(text: string): Promise<readonly YamlDocument[]> {
  const json = text.length > maxJsonLength ? undefined : parseJson(text)
  if (json !== undefined) return [{ root: json, anchors: new Map() }]
  if (text.length > maxYamlLength) throw new Error(`it is longer than ${maxYamlLength} characters`)
  if (unprintable.test(text)) throw new Error('it holds a character that YAML does not allow')
  // Only who meets such a file pays for the library.
  const yaml = await import('yaml')
  const documents = yaml.parseAllDocuments(text, {
    // All scalars are strings, and no alias is followed: a small file cannot become a large one.
    schema: 'failsafe',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  // Of an empty stream there is an object that says so.
  return [...documents].flatMap(({ contents, errors }) => {
    if (errors[0] !== undefined) throw new Error(errors[0].message)
    return contents === null ? [] : [readDocument(contents, yaml)]
  })
}

/** JSON is YAML; undefined for what is none. Of a key that is there twice the last counts. */
function parseJson(text: string): YamlNode | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    // From the inside out, so that each member is a node already.
    return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
      fromJson(value, context?.source),
    ) as YamlNode
  } catch {
    return undefined
  }
}

function fromJson(value: unknown, source: string | undefined): YamlNode {
  if (Array.isArray(value)) return { kind: 'sequence', items: value as readonly YamlNode[] }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value as Readonly<Record<string, YamlNode>>)
    return { kind: 'mapping', entries: entries.map(([key, node]) => [scalar(key, false), node]) }
  }
  // A number as it is written: 1.0 is not 1, and a long one loses no digit.
  return typeof value === 'string' ? scalar(value, false) : scalar(source ?? String(value), true)
}

function scalar(text: string, isPlain: boolean, tag?: string): YamlScalar {
  return { kind: 'scalar', text, isPlain, tag }
}

/** What the library calls its nodes; told apart by itself. */
interface Library {
  isAlias(node: unknown): node is Alias
  isMap(node: unknown): node is YAMLMap<Node | null, Node | null>
  isScalar(node: unknown): node is Scalar
  isSeq(node: unknown): node is YAMLSeq<Node | null>
}

function readDocument(contents: Node, library: Library): YamlDocument {
  const anchors = new Map<string, YamlNode>()
  const readPair = ({ key, value }: Pair<Node | null, Node | null>): [YamlNode, YamlNode] => [
    readNode(key),
    readNode(value),
  ]
  const name = (anchor: string | undefined, node: YamlNode): void => {
    if (anchor !== undefined) anchors.set(anchor, node)
  }
  const readNode = (node: Node | null): YamlNode => {
    if (library.isAlias(node)) {
      const target = anchors.get(node.source)
      if (target === undefined) throw new Error(`nothing has the anchor ${node.source}`)
      return target
    }
    if (library.isSeq(node)) {
      const items: YamlNode[] = []
      const read: YamlSequence = { kind: 'sequence', items }
      // Named before it is read: what is in it may stand for the whole.
      name(node.anchor, read)
      for (const item of node.items) items.push(readNode(item))
      return read
    }
    if (library.isMap(node)) {
      const entries: (readonly [YamlNode, YamlNode])[] = []
      const read: YamlMapping = { kind: 'mapping', entries }
      name(node.anchor, read)
      for (const pair of node.items) entries.push(readPair(pair))
      return read
    }
    if (!library.isScalar(node)) return scalar('', true)
    // A tag such as !!binary makes something else of the text.
    const text = typeof node.value === 'string' ? node.value : (node.source ?? '')
    const read = scalar(text, node.type === 'PLAIN', node.tag)
    name(node.anchor, read)
    return read
  }
  return { root: readNode(contents), anchors }
}
