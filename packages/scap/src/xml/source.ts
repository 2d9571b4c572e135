import { ContentError } from '../errors.ts'
import type { ContentErrorCode } from '../errors.ts'

/** Characters that no XML document may hold (production 2), lone surrogates among them. */
const illegal =
  // oxlint-disable-next-line no-control-regex
  /[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/**
 * The text of a document that comes in pieces, as a window that slides over it: `text` from `at` on is what is to be read
 * next. Line ends are newlines (2.11), and there are only characters that XML has. So long documents need no string of
 * their whole length.
 */
export class Source {
  text = ''
  /** Where the reader is in `text`. */
  at = 0
  readonly #file: string
  readonly #pieces: Iterator<string>
  #isLast = false
  /** A carriage return at the end of a piece waits for what follows. */
  #held = ''
  #line = 1
  /** Where the line that was counted last begins; before the window when negative. */
  #lineStart = 0
  #nextNewline = -1

  constructor(pieces: Iterable<string>, file: string) {
    this.#pieces = pieces[Symbol.iterator]()
    this.#file = file
  }

  /** Lets go of what has been read, and takes in at least as much as there is left; false at the end of the document. */
  more(): boolean {
    if (this.#isLast) return false
    this.#countTo(this.at)
    this.text = this.text.slice(this.at)
    this.#lineStart -= this.at
    this.at = 0
    const wanted = Math.max(this.text.length, 1)
    const added: string[] = []
    for (let size = 0; size < wanted;) {
      const piece = this.#nextPiece()
      if (piece === undefined) break
      added.push(piece)
      size += piece.length
    }
    const before = this.text.length
    this.text += added.join('')
    this.#nextNewline = this.text.indexOf('\n')
    const wrong = this.text.slice(before).search(illegal)
    if (wrong !== -1) this.refuse('xml-not-well-formed', 'a character that XML cannot hold', before + wrong)
    return added.length > 0
  }

  #nextPiece(): string | undefined {
    const next = this.#pieces.next()
    this.#isLast = next.done === true
    const piece = this.#held + (next.done === true ? '' : next.value)
    this.#held = ''
    if (this.#isLast && piece === '') return undefined
    if (!piece.includes('\r')) return piece
    if (piece.endsWith('\r') && !this.#isLast) {
      this.#held = '\r'
      return piece.slice(0, -1).replaceAll(/\r\n?/g, '\n')
    }
    return piece.replaceAll(/\r\n?/g, '\n')
  }

  /** The first place of a text at or after `from`, reading on as needed; undefined when it does not come. */
  find(wanted: string, from: number): number | undefined {
    let offset = from - this.at
    for (;;) {
      const found = this.text.indexOf(wanted, this.at + offset)
      if (found !== -1) return found
      offset = Math.max(offset, this.text.length - this.at - wanted.length + 1)
      if (!this.more()) return undefined
    }
  }

  /** Line and column, from 1, of a place at or after those that were asked for before. */
  placeOf(at: number): { readonly line: number; readonly column: number } {
    this.#countTo(at)
    return { line: this.#line, column: Math.max(1, at - this.#lineStart + 1) }
  }

  #countTo(at: number): void {
    while (this.#nextNewline !== -1 && this.#nextNewline < at) {
      this.#line += 1
      this.#lineStart = this.#nextNewline + 1
      this.#nextNewline = this.text.indexOf('\n', this.#lineStart)
    }
  }

  refuse(code: ContentErrorCode, message: string, at: number): never {
    throw new ContentError(code, message, { file: this.#file, ...this.placeOf(at) })
  }
}
