import { attribute, type XmlElement } from '../../xml/element.ts'
import type { Text } from '../model/benchmark.ts'

/** Elements of XHTML that begin a new line. */
const blocks = new Set(['br', 'div', 'dd', 'dl', 'dt', 'h1', 'h2', 'h3', 'li', 'ol', 'p', 'pre', 'table', 'tr', 'ul'])

/** The words of mixed content: XHTML becomes lines of plain text, `sub` the value that it stands for. */
export function parseText(element: XmlElement | undefined): Text {
  if (element === undefined) return []
  const pieces: (string | { readonly valueId: string })[] = []
  collect(element, pieces)
  const joined: (string | { readonly valueId: string })[] = []
  for (const piece of pieces) {
    const last = joined.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') joined[joined.length - 1] = last + piece
    else joined.push(piece)
  }
  return joined
    .map((piece, at) => (typeof piece === 'string' ? tidy(piece, at === 0, at === joined.length - 1) : piece))
    .filter((piece) => piece !== '')
}

function collect(element: XmlElement, pieces: (string | { readonly valueId: string })[]): void {
  for (const part of element.content) {
    if (typeof part === 'string') pieces.push(part.replace(/\s+/g, ' '))
    else if (part.name === 'sub') pieces.push({ valueId: attribute(part, 'idref') ?? '' })
    else {
      if (blocks.has(part.name)) pieces.push(part.name === 'li' ? '\n- ' : '\n')
      collect(part, pieces)
      if (blocks.has(part.name) && part.name !== 'br') pieces.push('\n')
    }
  }
}

function tidy(text: string, isFirst: boolean, isLast: boolean): string {
  let tidied = text.replace(/ *\n[ \n]*/g, '\n').replace(/ {2,}/g, ' ')
  if (isFirst) tidied = tidied.trimStart()
  if (isLast) tidied = tidied.trimEnd()
  return tidied
}
