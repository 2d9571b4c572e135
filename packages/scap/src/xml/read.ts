import { setImmediate } from 'node:timers/promises'
import { ContentError } from '../errors.ts'
import { decodeXml } from './decode.ts'
import type { XmlAttribute, XmlElement } from './element.ts'
import { endOfName } from './names.ts'
import { declare, declaredPrefix, outermostScope, resolveName, type ResolvedName, type Scope } from './namespaces.ts'
import { Source } from './source.ts'

/** Bounds of what is read; the defaults hold every published data stream many times over. */
export interface XmlLimits {
  readonly maxBytes: number
  readonly maxDepth: number
  readonly maxAttributes: number
  readonly maxElements: number
}

export const DEFAULT_XML_LIMITS: XmlLimits = {
  maxBytes: 512 * 1024 * 1024,
  // As libxml2.
  maxDepth: 256,
  maxAttributes: 256,
  maxElements: 20_000_000,
}

interface OpenElement extends XmlElement {
  readonly attributes: XmlAttribute[]
  content: (XmlElement | string)[]
  children: XmlElement[]
  text: string
}

const NONE: never[] = []

/** A start tag as it is written. */
interface StartTag {
  readonly name: string
  readonly attributes: readonly { readonly name: string; readonly value: string; readonly at: number }[]
  readonly isEmpty: boolean
  /** Where it ends. */
  readonly end: number
}

/**
 * Reads an XML document (bytes or text) into a tree. Never resolves an entity, never opens anything else:
 * a document type declaration is refused. Throws `ContentError` with file, line and column.
 */
export function readXml(input: Uint8Array | string, file: string, limits: Partial<XmlLimits> = {}): XmlElement {
  const reading = readInSteps(input, file, limits)
  for (;;) {
    const { done, value } = reading.next()
    if (done === true) return value
  }
}

/** The same, which lets others go on every few milliseconds. */
export async function readXmlAside(
  input: Uint8Array | string,
  file: string,
  limits: Partial<XmlLimits> = {},
): Promise<XmlElement> {
  const reading = readInSteps(input, file, limits)
  for (;;) {
    const { done, value } = reading.next()
    if (done === true) return value
    await setImmediate()
  }
}

/** So many tags take a few milliseconds. */
const STEP = 2000

function readInSteps(
  input: Uint8Array | string,
  file: string,
  limits: Partial<XmlLimits>,
): Generator<undefined, XmlElement, undefined> {
  const { maxBytes, ...bounds } = { ...DEFAULT_XML_LIMITS, ...limits }
  if (input.length > maxBytes) {
    throw new ContentError('xml-too-large', `the document has more than ${maxBytes} bytes`, { file })
  }
  const pieces =
    typeof input === 'string' ? [input.startsWith('\uFEFF') ? input.slice(1) : input] : decodeXml(input, file)
  return new Reader(new Source(pieces, file), file, bounds).read()
}

class Reader {
  readonly #source: Source
  readonly #file: string
  readonly #limits: Omit<XmlLimits, 'maxBytes'>
  readonly #open: { readonly element: OpenElement; readonly name: string; readonly scope: Scope }[] = []
  readonly #strings = new Map<string, string>()
  #elements = 0
  #root: XmlElement | undefined

  constructor(source: Source, file: string, limits: Omit<XmlLimits, 'maxBytes'>) {
    this.#source = source
    this.#file = file
    this.#limits = limits
  }

  *read(): Generator<undefined, XmlElement, undefined> {
    const source = this.#source
    source.more()
    if (/^<\?xml[ \t\n]/.test(source.text)) this.#readDeclaration()
    for (let count = 1; ; count += 1) {
      if (count % STEP === 0) yield
      const next = source.find('<', source.at)
      this.#addText(next ?? source.text.length)
      if (next === undefined) break
      this.#readMarkup(next)
    }
    const unclosed = this.#open.at(-1)
    if (unclosed !== undefined) this.#refuse(`<${unclosed.name}> is not closed`, source.text.length)
    return this.#root ?? this.#refuse('the document has no element', source.text.length)
  }

  #refuse(message: string, at: number): never {
    return this.#source.refuse('xml-not-well-formed', message, at)
  }

  /** Production 23. The encoding has been heeded already. */
  #readDeclaration(): void {
    const end = this.#source.find('?>', 0) ?? this.#refuse('the XML declaration does not end', 0)
    const declaration =
      /^<\?xml\s+version\s*=\s*(["'])1\.\d+\1(\s+encoding\s*=\s*(["'])[A-Za-z][\w.-]*\3)?(\s+standalone\s*=\s*(["'])(yes|no)\5)?\s*\?>$/
    if (!declaration.test(this.#source.text.slice(0, end + 2))) this.#refuse('this is no XML declaration', 0)
    this.#source.at = end + 2
  }

  /** `start` is at a `<`. */
  #readMarkup(start: number): void {
    const source = this.#source
    source.at = start
    // Enough to tell the kinds of markup apart.
    while (source.text.length - source.at < 9 && source.more());
    const { text, at } = source
    switch (text.charCodeAt(at + 1)) {
      case 0x2f:
        return this.#readEndTag()
      case 0x21:
        if (text.startsWith('<!--', at)) return this.#skipComment()
        if (text.startsWith('<![CDATA[', at)) return this.#readCharacterData()
        if (text.startsWith('<!DOCTYPE', at)) {
          source.refuse('xml-has-doctype', 'document type declarations are not accepted; remove <!DOCTYPE …>', at)
        }
        return this.#refuse('this is no markup', at)
      case 0x3f:
        return this.#skipInstruction()
      default:
        return this.#openElement()
    }
  }

  #skipComment(): void {
    const source = this.#source
    const end = source.find('--', source.at + 4)
    if (end === undefined) return this.#refuse('the comment does not end', source.at)
    while (source.text.length <= end + 2 && source.more()) return this.#skipComment()
    if (source.text[end + 2] !== '>') this.#refuse('a comment holds "--"', end)
    source.at = end + 3
  }

  #skipInstruction(): void {
    const source = this.#source
    const end = source.find('?>', source.at + 2)
    if (end === undefined) return this.#refuse('the processing instruction does not end', source.at)
    const { text, at } = source
    const target = text.slice(at + 2, endOfName(text, at + 2))
    const isEnded = /[ \t\n?]/.test(text[at + 2 + target.length] ?? '')
    if (target === '' || target.includes(':') || /^xml$/i.test(target) || !isEnded) {
      this.#refuse('this is no processing instruction', at)
    }
    source.at = end + 2
  }

  #readCharacterData(): void {
    const source = this.#source
    const end = source.find(']]>', source.at + 9)
    if (end === undefined) return this.#refuse('the CDATA section does not end', source.at)
    const parent = this.#open.at(-1)?.element ?? this.#refuse('text outside of the document element', source.at)
    addText(parent, this.#intern(source.text.slice(source.at + 9, end)))
    source.at = end + 3
  }

  /** From where the source is, up to `end`. */
  #addText(end: number): void {
    const source = this.#source
    const from = source.at
    if (end === from) return
    const raw = source.text.slice(from, end)
    const parent = this.#open.at(-1)?.element
    if (parent === undefined) {
      const wrong = raw.search(/[^ \t\n]/)
      if (wrong !== -1) this.#refuse('text outside of the document element', from + wrong)
    } else {
      const bracket = raw.indexOf(']]>')
      if (bracket !== -1) this.#refuse('"]]>" in text', from + bracket)
      addText(parent, this.#intern(raw.includes('&') ? this.#replaceReferences(raw, from) : raw))
    }
    source.at = end
  }

  /** Productions 66 to 68: characters by number, and the five entities that need no declaration. */
  #replaceReferences(raw: string, at: number): string {
    return raw.replaceAll(
      /&(?:#(\d{1,10})|#x([\dA-Fa-f]{1,10})|(amp|lt|gt|quot|apos));|&/g,
      (
        whole,
        decimal: string | undefined,
        hexadecimal: string | undefined,
        name: string | undefined,
        offset: number,
      ) => {
        if (name !== undefined) return entities[name]!
        if (whole === '&') return this.#refuse('an entity that is not declared', at + offset)
        const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal)
        if (!isCharacter(code)) return this.#refuse(`${whole} is no character that XML can hold`, at + offset)
        return String.fromCodePoint(code)
      },
    )
  }

  #openElement(): void {
    const source = this.#source
    let tag = this.#readStartTag()
    while (tag === undefined) {
      if (!source.more()) return this.#refuse('the tag does not end', source.at)
      tag = this.#readStartTag()
    }
    const { at } = source
    if (this.#root !== undefined) this.#refuse('a second document element', at)
    const outer = this.#open.at(-1)
    if (this.#open.length >= this.#limits.maxDepth) {
      source.refuse('xml-too-deep', `elements are nested more than ${this.#limits.maxDepth} deep`, at)
    }
    this.#elements += 1
    if (this.#elements > this.#limits.maxElements) {
      source.refuse('xml-too-many-elements', `more than ${this.#limits.maxElements} elements`, at)
    }
    const scope = this.#scopeOf(tag, outer?.scope)
    const { local, namespace } = this.#resolve(scope, tag.name, 'elements', at)
    const element: OpenElement = {
      name: local,
      namespace,
      attributes: this.#attributesOf(tag, scope),
      content: NONE,
      children: NONE,
      text: '',
      file: this.#file,
      ...source.placeOf(at),
    }
    source.at = tag.end
    if (tag.isEmpty) this.#close(element)
    else this.#open.push({ element, name: tag.name, scope })
  }

  /** Undefined when the tag goes on beyond what is there of the document. */
  #readStartTag(): StartTag | undefined {
    const { text, at } = this.#source
    let next = endOfName(text, at + 1)
    if (next === text.length) return undefined
    if (next === at + 1) this.#refuse('"<" is not followed by a name', at)
    const name = this.#intern(text.slice(at + 1, next))
    const attributes: { name: string; value: string; at: number }[] = []
    for (;;) {
      const begin = next
      next = skipSpace(text, next)
      const code = text.charCodeAt(next)
      if (code === 0x3e) return { name, attributes, isEmpty: false, end: next + 1 }
      if (code === 0x2f) {
        if (next + 1 >= text.length) return undefined
        if (text.charCodeAt(next + 1) !== 0x3e) this.#refuse('"/" in a tag is not followed by ">"', next)
        return { name, attributes, isEmpty: true, end: next + 2 }
      }
      if (next >= text.length) return undefined
      const start = next
      next = endOfName(text, start)
      if (next === text.length) return undefined
      if (next === start || begin === start) this.#refuse(`<${name}> has something that is no attribute`, start)
      const attribute = this.#intern(text.slice(start, next))
      next = skipSpace(text, next)
      if (next >= text.length) return undefined
      if (text.charCodeAt(next) !== 0x3d) this.#refuse(`the attribute ${attribute} has no value`, start)
      next = skipSpace(text, next + 1)
      if (next >= text.length) return undefined
      const quote = text[next]
      if (quote !== '"' && quote !== "'") this.#refuse(`the value of ${attribute} is not in quotes`, next)
      const end = text.indexOf(quote!, next + 1)
      if (end === -1) return undefined
      attributes.push({ name: attribute, value: this.#readValue(text.slice(next + 1, end), next + 1), at: start })
      if (attributes.length > this.#limits.maxAttributes) {
        const message = `an element has more than ${this.#limits.maxAttributes} attributes`
        this.#source.refuse('xml-too-many-attributes', message, start)
      }
      next = end + 1
    }
  }

  /** XML 1.0, 3.3.3: white space becomes blanks, but not what is written by number. */
  #readValue(raw: string, at: number): string {
    const wrong = raw.indexOf('<')
    if (wrong !== -1) this.#refuse('"<" in the value of an attribute', at + wrong)
    const spaced = raw.includes('\n') || raw.includes('\t') ? raw.replaceAll(/[\n\t]/g, ' ') : raw
    return this.#intern(spaced.includes('&') ? this.#replaceReferences(spaced, at) : spaced)
  }

  #scopeOf({ attributes }: StartTag, outer: Scope = outermostScope()): Scope {
    let declared: Map<string, string> | undefined
    for (const { name, value, at } of attributes) {
      const prefix = name.startsWith('xmlns') ? declaredPrefix(name) : undefined
      if (prefix === undefined) continue
      declared ??= new Map()
      if (declared.has(prefix)) this.#refuse(`the attribute ${name} is there twice`, at)
      declared.set(prefix, value)
    }
    if (declared === undefined) return outer
    const scope = declare(outer, declared)
    return typeof scope === 'string' ? this.#refuse(scope, this.#source.at) : scope
  }

  #attributesOf({ attributes }: StartTag, scope: Scope): XmlAttribute[] {
    if (attributes.length === 0) return NONE
    const resolved: XmlAttribute[] = []
    for (const { name, value, at } of attributes) {
      if (name.startsWith('xmlns') && declaredPrefix(name) !== undefined) continue
      const { local, namespace } = this.#resolve(scope, name, 'attributes', at)
      for (const other of resolved) {
        if (other.name === local && other.namespace === namespace)
          this.#refuse(`the attribute ${name} is there twice`, at)
      }
      resolved.push({ name: local, namespace, value })
    }
    return resolved.length === 0 ? NONE : resolved
  }

  #resolve(scope: Scope, name: string, kind: 'attributes' | 'elements', at: number): ResolvedName {
    const resolved = resolveName(scope, name, kind)
    return typeof resolved === 'string' ? this.#refuse(resolved, at) : resolved
  }

  #readEndTag(): void {
    const source = this.#source
    const end = source.find('>', source.at + 2)
    const { text, at } = source
    if (end === undefined) return this.#refuse('the tag does not end', at)
    const closed = this.#open.pop()
    const name = text.slice(at + 2, end)
    if (closed === undefined || (name !== closed.name && name.replace(/[ \t\n]+$/, '') !== closed.name)) {
      return this.#refuse(`</${name}> closes ${closed === undefined ? 'nothing' : `<${closed.name}>`}`, at)
    }
    source.at = end + 1
    this.#close(closed.element)
  }

  #close(element: OpenElement): void {
    const parent = this.#open.at(-1)?.element
    if (parent === undefined) this.#root = element
    else {
      addContent(parent, element)
      if (parent.children.length === 0) parent.children = [element]
      else parent.children.push(element)
    }
  }

  /** One copy of each short string: names, ids and white space repeat thousands of times, and the same one is found fastest. */
  #intern(text: string): string {
    if (text.length >= 256) return text
    const known = this.#strings.get(text)
    if (known !== undefined) return known
    this.#strings.set(text, text)
    return text
  }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Production 2. */
const isCharacter = (code: number): boolean =>
  code === 9 ||
  code === 10 ||
  code === 13 ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff)

function skipSpace(text: string, from: number): number {
  let at = from
  for (let code = text.charCodeAt(at); code === 0x20 || code === 0x0a || code === 0x09; code = text.charCodeAt(at))
    at += 1
  return at
}

function addText(parent: OpenElement, text: string): void {
  if (text === '') return
  const last = parent.content.at(-1)
  if (typeof last === 'string') parent.content[parent.content.length - 1] = last + text
  else addContent(parent, text)
  parent.text = parent.text === '' ? text : parent.text + text
}

/** Leaves share one empty array; the first thing inside an element gives it its own. */
function addContent(parent: OpenElement, part: XmlElement | string): void {
  if (parent.content.length === 0) parent.content = [part]
  else parent.content.push(part)
}
