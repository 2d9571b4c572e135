/** Text that is HTML already. Only `markup` and `trusted` make it, so whatever else is put into a page is escaped. */
export interface Html {
  readonly html: string
}

export type Part = Html | string | number | undefined | readonly Part[]

/** HTML with values in it: strings and numbers are escaped, `Html` goes in as it is, `undefined` is nothing. */
export function markup(pieces: TemplateStringsArray, ...values: readonly Part[]): Html {
  let text = pieces[0] ?? ''
  values.forEach((value, at) => {
    text += render(value) + (pieces[at + 1] ?? '')
  })
  return { html: text }
}

/** Markup of our own making. Never for anything that was read. */
export const trusted = (text: string): Html => ({ html: text })

export function render(part: Part): string {
  if (part === undefined) return ''
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part))
  if ('html' in part) return part.html
  return part.map(render).join('')
}

const special: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For text and for quoted attributes. Control characters, and those that turn the direction of text, are shown as U+FFFD. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => special[character] ?? '')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\u{fffd}')
}
