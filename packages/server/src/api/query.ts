/**
 * The parameters of a request's address, by lower-case name, the first of several winning. Also reads the forms that the
 * documentation prints: `jobs?/jobname=…` and `jobs?(Attributes=…)`. A stray `%` stands for itself.
 */
export function readQuery(address: string): ReadonlyMap<string, string> {
  const at = address.indexOf('?')
  const parameters = new Map<string, string>()
  if (at === -1) return parameters
  for (const pair of address.slice(at + 1).split('&')) {
    const equals = pair.indexOf('=')
    const name = decode(equals === -1 ? pair : pair.slice(0, equals))
      .replace(/^[/(]+/, '')
      .trim()
      .toLowerCase()
    // No stored text holds a NUL, and no database takes one.
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1)).replaceAll('\0', '\ufffd')
    if (name !== '' && !parameters.has(name)) parameters.set(name, value)
  }
  return parameters
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
