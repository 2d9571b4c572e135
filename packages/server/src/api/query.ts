import type { Operation } from './operation.ts'

/**
 * The parameters of a request's address, by lower-case name, the first of several winning. Also reads the forms that the
 * documentation prints: `jobs?/jobname=…`, `jobs?(Attributes=…)`, and `&` for and in the value of a parameter that is
 * declared so. A stray `%` stands for itself.
 */
export function readQuery(
  address: string,
  declared: Operation<never, never>['query'] = {},
): ReadonlyMap<string, string> {
  const at = address.indexOf('?')
  const parameters = new Map<string, string>()
  if (at === -1) return parameters
  const known = new Map(Object.entries(declared).map(([name, parameter]) => [name.toLowerCase(), parameter]))
  const pairs: string[] = []
  let isOpen = false
  for (const pair of address.slice(at + 1).split('&')) {
    const parameter = known.get(nameOf(pair))
    if (isOpen && parameter === undefined) pairs.push(`${pairs.pop() ?? ''}&${pair}`)
    else pairs.push(pair)
    isOpen = parameter === undefined ? isOpen : parameter.ampersands === true
  }
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = nameOf(pair)
    // No stored text holds a NUL, and no database takes one.
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1)).replaceAll('\0', '\ufffd')
    if (name !== '' && !parameters.has(name)) parameters.set(name, value)
  }
  return parameters
}

function nameOf(pair: string): string {
  const equals = pair.indexOf('=')
  return decode(equals === -1 ? pair : pair.slice(0, equals))
    .replace(/^[/(]+/, '')
    .trim()
    .toLowerCase()
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
      try {
        return decodeURIComponent(encoded)
      } catch {
        return encoded
      }
    })
  }
}
