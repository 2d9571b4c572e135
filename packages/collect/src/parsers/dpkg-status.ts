export interface DebianPackage {
  readonly name: string
  readonly architecture: string
  readonly status: string
  readonly epoch: string
  readonly version: string
  readonly release: string
}

/** /var/lib/dpkg/status: paragraphs of `Field: value` lines (deb822(5)). */
export function parseDpkgStatus(text: string): DebianPackage[] {
  return text.split(/\n\n+/).flatMap((paragraph) => {
    const field = (name: string): string => {
      const at = paragraph.startsWith(`${name}: `) ? 0 : paragraph.indexOf(`\n${name}: `)
      if (at === -1) return ''
      const start = paragraph.indexOf(': ', at) + 2
      const end = paragraph.indexOf('\n', start)
      return paragraph.slice(start, end === -1 ? undefined : end).trim()
    }
    const name = field('Package')
    if (name === '') return []
    return [{ name, architecture: field('Architecture'), status: field('Status'), ...splitVersion(field('Version')) }]
  })
}

/** deb-version(7): [epoch:]upstream-version[-debian-revision]; the upstream version may hold hyphens. */
export function splitVersion(text: string): {
  readonly epoch: string
  readonly version: string
  readonly release: string
} {
  const colon = text.indexOf(':')
  const rest = colon === -1 ? text : text.slice(colon + 1)
  const hyphen = rest.lastIndexOf('-')
  return {
    epoch: colon === -1 ? '0' : text.slice(0, colon),
    version: hyphen === -1 ? rest : rest.slice(0, hyphen),
    release: hyphen === -1 ? '' : rest.slice(hyphen + 1),
  }
}
