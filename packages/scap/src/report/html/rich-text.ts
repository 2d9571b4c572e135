import { attribute, deepText, type XmlElement } from '../../xml/element.ts'
import { markup, trusted, type Html } from './markup.ts'

const xhtml = 'http://www.w3.org/1999/xhtml'

/** What a description may be laid out with; all attributes go, but for the target of a link. */
const allowed = new Set([
  'b',
  'blockquote',
  'br',
  'caption',
  'code',
  'dd',
  'div',
  'dl',
  'dt',
  'em',
  'hr',
  'i',
  'kbd',
  'li',
  'ol',
  'p',
  'pre',
  'q',
  's',
  'samp',
  'small',
  'span',
  'strong',
  'sub',
  'sup',
  'table',
  'tbody',
  'td',
  'tfoot',
  'th',
  'thead',
  'tr',
  'u',
  'ul',
  'var',
])
const renamed: Readonly<Record<string, string>> = {
  h1: 'h5',
  h2: 'h5',
  h3: 'h5',
  h4: 'h5',
  h5: 'h5',
  h6: 'h6',
  tt: 'code',
}
const empty = new Set(['br', 'hr'])
/** Their text is not meant to be read. */
const dropped = new Set([
  'applet',
  'audio',
  'base',
  'embed',
  'frame',
  'frameset',
  'head',
  'iframe',
  'link',
  'math',
  'meta',
  'noscript',
  'object',
  'param',
  'script',
  'source',
  'style',
  'svg',
  'template',
  'title',
  'track',
  'video',
])

/**
 * Mixed content of a benchmark as HTML: a whitelist of XHTML elements without attributes, links to the web only, `sub`
 * replaced by the value it stands for. What is not on the list leaves only its words.
 */
export function richText(element: XmlElement | undefined, values: Readonly<Record<string, readonly string[]>>): Html {
  if (element === undefined) return trusted('')
  const plain = unwrapped(deepText(element))
  if (plain !== undefined) return markup`<p class="lines">${plain}</p>`
  return trusted(element.content.map((part) => renderPart(part, values)).join(''))
}

/** DISA writes several texts into one description, as escaped markup; the discussion is the one meant here. */
function unwrapped(text: string): string | undefined {
  const [, discussion] = /<VulnDiscussion>([\s\S]*?)<\/VulnDiscussion>/.exec(text) ?? []
  return discussion?.trim()
}

function renderPart(part: XmlElement | string, values: Readonly<Record<string, readonly string[]>>): string {
  if (typeof part === 'string') return markup`${part}`.html
  if (dropped.has(part.name)) return ''
  const inner = (): string => part.content.map((one) => renderPart(one, values)).join('')
  if (part.namespace !== xhtml) {
    const id = attribute(part, 'idref')
    if (part.name === 'sub' && id !== undefined) return markup`<var>${values[id]?.join(', ') ?? id}</var>`.html
    return inner()
  }
  if (part.name === 'a') return renderLink(attribute(part, 'href') ?? '', inner())
  const name = allowed.has(part.name) ? part.name : renamed[part.name]
  if (name === undefined) return inner()
  return empty.has(name) ? `<${name}>` : `<${name}>${inner()}</${name}>`
}

function renderLink(href: string, inner: string): string {
  return isWebAddress(href)
    ? markup`<a href="${href.trim()}" rel="noopener noreferrer nofollow">${trusted(inner)}</a>`.html
    : inner
}

/** Addresses that a reader may follow; `javascript:` and the like are none. */
export const isWebAddress = (href: string): boolean => /^\s*(https?:\/\/|mailto:)[^\s]+\s*$/i.test(href)

/** The text of a `fix`, with the values that it asks for in their places. */
export function fixScript(element: XmlElement, values: Readonly<Record<string, readonly string[]>>): string {
  return element.content
    .map((part) => {
      if (typeof part === 'string') return part
      const id = attribute(part, 'idref')
      if (part.name === 'sub' && id !== undefined) return values[id]?.join(', ') ?? id
      return fixScript(part, values)
    })
    .join('')
    .trim()
}
