import type { YamlDocument, YamlNode } from './yaml.ts'

/** One step of a path into a YAML document. */
type Segment =
  | { readonly kind: 'key'; readonly key: string }
  /** Undefined: all of them. */
  | { readonly kind: 'keys'; readonly keys: readonly string[] | undefined }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'indices'; readonly indices: readonly number[] | undefined }

export interface YamlPath {
  /** Where it begins, when that is not the root. */
  readonly anchor: string | undefined
  readonly segments: readonly Segment[]
}

/**
 * A YAML path of version 1, the one that OVAL's `yamlpath` entity holds: `$.key['another'][0]`, sets of keys (`['a','b']`,
 * `*`) and of indices (`[0,2]`, `[:]`), from the root or from an anchor (`&name`). Throws what is wrong with it.
 */
export function parseYamlPath(text: string): YamlPath {
  if (text === '') throw new Error('the path is empty')
  const {
    anchor,
    first = '',
    rest = '',
  } = /^(?:\$|&(?<anchor>[^.[]+)|(?<first>[^.[$&][^.[]*))?(?<rest>.*)$/s.exec(text)?.groups ?? { rest: text }
  const segments: Segment[] = first === '' ? [] : [{ kind: 'key', key: first }]
  segment.lastIndex = 0
  while (segment.lastIndex < rest.length) {
    const at = text.length - rest.length + segment.lastIndex
    const found = segment.exec(rest)?.groups
    if (found === undefined) throw new Error(`it makes no sense from character ${at + 1} on`)
    segments.push(readSegment(found))
  }
  return { anchor, segments }
}

const segment =
  /\.(?<key>[^.[]+)|\[(?:(?<quoted>(?:'[^']+'|"[^"]+")(?:,(?:'[^']+'|"[^"]+"))*)|(?<indices>\d{1,9}(?:,\d{1,9})*)|(?<all>[*:]))\]/y

function readSegment({ key, quoted, indices, all }: Readonly<Record<string, string | undefined>>): Segment {
  if (key === '*' || all === '*') return { kind: 'keys', keys: undefined }
  if (key !== undefined) return { kind: 'key', key }
  if (all === ':') return { kind: 'indices', indices: undefined }
  if (quoted !== undefined) {
    const keys = [...quoted.matchAll(/'([^']+)'|"([^"]+)"/g)].map(([, single, double]) => single ?? double ?? '')
    const [only = ''] = keys
    return keys.length === 1 ? { kind: 'key', key: only } : { kind: 'keys', keys }
  }
  const numbers = (indices ?? '').split(',').map(Number)
  const [only = 0] = numbers
  return numbers.length === 1 ? { kind: 'index', index: only } : { kind: 'indices', indices: numbers }
}

/** More steps than any path has need of: aliases can make a small document a maze. */
const maxSteps = 1_000_000

/** The nodes that a path leads to in some documents; a set of keys or indices makes a mapping or sequence of what it leads to. */
export function selectYaml(documents: readonly YamlDocument[], { anchor, segments }: YamlPath): YamlNode[] {
  let steps = 0
  const follow = (node: YamlNode, at: number): YamlNode[] => {
    if ((steps += 1) > maxSteps) throw new Error(`it leads to more than ${maxSteps} nodes`)
    const next = segments[at]
    if (next === undefined) return [node]
    const rest = (one: YamlNode): YamlNode[] => follow(one, at + 1)
    if (node.kind === 'mapping') {
      if (next.kind === 'key')
        return node.entries.filter(([key]) => isKey(key, next.key)).flatMap(([, one]) => rest(one))
      if (next.kind !== 'keys') return []
      const { keys } = next
      const entries = node.entries
        .filter(([key]) => keys === undefined || keys.some((wanted) => isKey(key, wanted)))
        .flatMap(([key, one]) => rest(one).map((value) => [key, value] as const))
      return [{ kind: 'mapping', entries }]
    }
    if (node.kind === 'scalar') return []
    if (next.kind === 'index') return node.items.slice(next.index, next.index + 1).flatMap(rest)
    if (next.kind !== 'indices') return []
    const { indices } = next
    const items = node.items.filter((_, index) => indices === undefined || indices.includes(index)).flatMap(rest)
    return [{ kind: 'sequence', items }]
  }
  return documents.flatMap(({ root, anchors }) => {
    const start = anchor === undefined ? root : anchors.get(anchor)
    return start === undefined ? [] : follow(start, 0)
  })
}

const isKey = (node: YamlNode, key: string): boolean => node.kind === 'scalar' && node.text === key
