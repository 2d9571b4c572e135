import { escapeAttribute, escapeText } from '@plumbline/scap'
import type { Chance } from './chance.ts'

const NAMESPACE = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
const SECTIONS = ['definitions', 'tests', 'objects', 'states', 'variables'] as const
type Section = (typeof SECTIONS)[number]
const WORDS: Readonly<Record<Section, string>> = {
  definitions: 'def',
  tests: 'tst',
  objects: 'obj',
  states: 'ste',
  variables: 'var',
}

type Attributes = Readonly<Record<string, string | number | undefined>>

/** An element with text that is escaped. */
export const textElement = (name: string, text: string, attributes: Attributes = {}): string =>
  `<${name}${written(attributes)}>${escapeText(text)}</${name}>`

/** An element with others in it. */
export const element = (name: string, attributes: Attributes, ...inside: readonly string[]): string =>
  `<${name}${written(attributes)}>${inside.join('\n')}</${name}>`

function written(attributes: Attributes): string {
  return Object.entries(attributes)
    .flatMap(([name, value]) => (value === undefined ? [] : [` ${name}="${escapeAttribute(String(value))}"`]))
    .join('')
}

/** An OVAL document as it grows: what is new takes the next id, and may name only what is there already. */
export class Draft {
  readonly chance: Chance
  /** Where the tree lies that objects look at. */
  readonly folder: string
  readonly #parts = new Map<string, { readonly section: Section; readonly text: string }>()

  constructor(chance: Chance, folder: string) {
    this.chance = chance
    this.folder = folder
  }

  add(section: Section, write: (id: string) => string): string {
    const id = `oval:random:${WORDS[section]}:${this.#parts.size + 1}`
    this.#parts.set(id, { section, text: write(id) })
    return id
  }

  /** The whole, or the part that these ids rest on. */
  write(ids?: readonly string[]): string {
    const wanted = ids === undefined ? undefined : this.#closure(ids)
    const sections = SECTIONS.map((section) => {
      const parts = [...this.#parts].filter(([id, part]) => part.section === section && (wanted?.has(id) ?? true))
      return parts.length === 0 ? '' : element(section, {}, ...parts.map(([, { text }]) => text))
    })
    return `<oval_definitions xmlns="${NAMESPACE}" xmlns:oval-def="${NAMESPACE}" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ind="${NAMESPACE}#independent" xmlns:unix="${NAMESPACE}#unix" xmlns:linux="${NAMESPACE}#linux">
<generator><oval:schema_version>5.11.3</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
${sections.join('\n')}
</oval_definitions>
`
  }

  /** What stands in the document about an id and all that it rests on. */
  show(id: string): string {
    return [...this.#closure([id])].map((each) => this.#parts.get(each)?.text ?? each).join('\n')
  }

  #closure(ids: readonly string[]): Set<string> {
    const found = new Set(ids)
    // A set grows while it is gone through.
    for (const id of found) {
      for (const [named] of this.#parts.get(id)?.text.matchAll(/oval:random:\w+:\d+/g) ?? []) found.add(named)
    }
    return found
  }
}
