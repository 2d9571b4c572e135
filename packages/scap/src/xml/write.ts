/** Attributes to write; an `undefined` one is left out. */
export type WriteAttributes = Readonly<Record<string, string | number | boolean | undefined>>

/** Takes the next piece of a document: a stream's `write`, or an array's `push`. */
export type XmlSink = (chunk: string) => void

const FLUSH_AT = 1 << 16

/**
 * Writes an XML document piece by piece to a sink, indented. Names are given with their prefixes, and the caller
 * declares the namespaces as attributes. Characters that XML 1.0 cannot hold become U+FFFD.
 */
export class XmlWriter {
  readonly #sink: XmlSink
  readonly #open: { readonly name: string; hasContent: boolean; hasText: boolean }[] = []
  #buffer = '<?xml version="1.0" encoding="UTF-8"?>'

  constructor(sink: XmlSink) {
    this.#sink = sink
  }

  open(name: string, attributes: WriteAttributes = {}): this {
    this.#startTag(name, attributes)
    this.#open.push({ name, hasContent: false, hasText: false })
    return this
  }

  close(): this {
    const closing = this.#open.pop()
    if (closing === undefined) throw new Error('XmlWriter.close without open')
    if (closing.hasContent) {
      if (!closing.hasText) this.#indent()
      this.#buffer += `</${closing.name}>`
    } else {
      this.#buffer += '/>'
    }
    return this.#written()
  }

  text(text: string): this {
    if (text === '') return this
    const parent = this.#enter()
    // From here on white space would change what the element says, so nothing in it is indented any more.
    if (parent !== undefined) parent.hasText = true
    this.#buffer += escapeText(text)
    return this.#written()
  }

  /** An element with text, or empty. */
  element(name: string, attributes: WriteAttributes = {}, text = ''): this {
    this.#startTag(name, attributes)
    this.#buffer += text === '' ? '/>' : `>${escapeText(text)}</${name}>`
    return this.#written()
  }

  /** Writes what is already XML, as it is. */
  raw(pieces: Iterable<string>): this {
    if (this.#enter()?.hasText !== true) this.#indent()
    for (const piece of pieces) {
      this.#buffer += piece
      this.#written()
    }
    return this
  }

  /** Hands over the last piece; all elements must be closed. */
  end(): void {
    if (this.#open.length > 0) throw new Error(`XmlWriter.end inside <${this.#open.at(-1)!.name}>`)
    this.#sink(`${this.#buffer}\n`)
    this.#buffer = ''
  }

  #startTag(name: string, attributes: WriteAttributes): void {
    if (this.#enter()?.hasText !== true) this.#indent()
    this.#buffer += `<${name}`
    for (const key in attributes) {
      const value = attributes[key]
      if (value !== undefined) this.#buffer += ` ${key}="${escapeAttribute(String(value))}"`
    }
    // The tag stays open: `#enter` or `close` ends it, once it is known whether anything is inside.
  }

  /** Ends the start tag of the element under way, because something comes inside it. */
  #enter() {
    const parent = this.#open.at(-1)
    if (parent !== undefined && !parent.hasContent) {
      this.#buffer += '>'
      parent.hasContent = true
    }
    return parent
  }

  #indent(): void {
    this.#buffer += `\n${'  '.repeat(this.#open.length)}`
  }

  #written(): this {
    if (this.#buffer.length > FLUSH_AT) {
      this.#sink(this.#buffer)
      this.#buffer = ''
    }
    return this
  }
}

/** Writes a whole document into one string; for documents that are known to be small. */
export function writeXml(write: (writer: XmlWriter) => void): string {
  const chunks: string[] = []
  const writer = new XmlWriter((chunk) => chunks.push(chunk))
  write(writer)
  writer.end()
  return chunks.join('')
}

const TEXT_SPECIAL = /[&<>\r]/g
const ATTRIBUTE_SPECIAL = /[&<>"\t\n\r]/g
const NOT_XML =
  /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  // A bare carriage return would be read back as a newline.
  '\r': '&#13;',
}

/** Most texts hold nothing of all that, which one look tells. */
const PLAIN_TEXT = /^[^&<>\r\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]*$/
const PLAIN_ATTRIBUTE = /^[^&<>"\t\n\r\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]*$/

/** Text, escaped for the inside of an element. */
export function escapeText(text: string): string {
  if (PLAIN_TEXT.test(text)) return text
  return text.replace(NOT_XML, '\ufffd').replace(TEXT_SPECIAL, (character) => REFERENCES[character]!)
}

/** Text, escaped for an attribute's value in double quotes. */
export function escapeAttribute(text: string): string {
  if (PLAIN_ATTRIBUTE.test(text)) return text
  return text.replace(NOT_XML, '\ufffd').replace(ATTRIBUTE_SPECIAL, (character) => REFERENCES[character]!)
}
