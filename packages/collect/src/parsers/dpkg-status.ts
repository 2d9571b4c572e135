export interface DebianPackage {
  readonly name: string
  readonly architecture: string
  /** Its files are there; not so when only its configuration is left. */
  readonly isInstalled: boolean
  readonly epoch: string
  readonly version: string
  readonly release: string
}

/** /var/lib/dpkg/status: paragraphs of `Field: value` lines (deb822(5)). */
export function parseDpkgStatus(text: string): DebianPackage[] {
  return text.split(/\n(?:[ \t]*\n)+/).flatMap((paragraph) => {
    const name = readField(paragraph, 'Package')
    const version = readField(paragraph, 'Version')
    if (name === '') return []
    // dpkg(1), package states: the third word. Whoever is unpacked, half-configured or waits for triggers is there.
    const state = readField(paragraph, 'Status').split(/\s+/)[2] ?? ''
    return [
      {
        name,
        architecture: readField(paragraph, 'Architecture'),
        isInstalled: version !== '' && state !== '' && state !== 'not-installed' && state !== 'config-files',
        ...splitVersion(version),
      },
    ]
  })
}

function readField(paragraph: string, name: string): string {
  const at = paragraph.startsWith(`${name}:`) ? 0 : paragraph.indexOf(`\n${name}:`) + 1
  if (at === 0 && !paragraph.startsWith(`${name}:`)) return ''
  const start = at + name.length + 1
  const end = paragraph.indexOf('\n', start)
  return paragraph.slice(start, end === -1 ? undefined : end).trim()
}

/** deb-version(7): [epoch:]upstream-version[-debian-revision]; the upstream version may hold hyphens. */
function splitVersion(text: string): Pick<DebianPackage, 'epoch' | 'release' | 'version'> {
  const colon = text.indexOf(':')
  const rest = text.slice(colon + 1)
  const hyphen = rest.lastIndexOf('-')
  return {
    epoch: colon === -1 ? '0' : text.slice(0, colon),
    version: hyphen === -1 ? rest : rest.slice(0, hyphen),
    release: hyphen === -1 ? '' : rest.slice(hyphen + 1),
  }
}
