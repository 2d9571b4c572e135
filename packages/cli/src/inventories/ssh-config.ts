import { homedir } from 'node:os'
import { asPlace, parsePlace, type SshAddress } from '../asset-address.ts'
import { asPattern } from './pattern.ts'

interface Block {
  readonly patterns: readonly string[]
  readonly settings: ReadonlyMap<string, readonly string[]>
}

/**
 * The machines that an ssh_config(5) names: each `Host` without wildcards, with the settings of all blocks that agree with
 * it; of several values the first counts. `Match` blocks and `Include` are passed over.
 */
export function parseSshConfig(text: string, path: string): SshAddress[] {
  const blocks = readBlocks(text)
  const names = blocks.flatMap(({ patterns }) => patterns.filter((pattern) => !/[*?!]/.test(pattern)))
  return [...new Set(names)].map((name) => {
    const all = blocks.filter(({ patterns }) => agrees(patterns, name))
    const values = (setting: string): readonly string[] => all.flatMap(({ settings }) => settings.get(setting) ?? [])
    const first = (setting: string): string => values(setting)[0] ?? ''
    const jump = first('proxyjump')
    return {
      kind: 'ssh',
      ...asPlace(first('hostname').replaceAll('%h', name) || name, first('port'), first('user'), `${path}: ${name}`),
      name,
      jumps: jump === '' || jump === 'none' ? [] : jump.split(',').map((place) => viaBlock(blocks, place, path)),
      become: 'none',
      identities: values('identityfile').map((file) => file.replace(/^~(?=\/)/, homedir())),
      legacyAlgorithms: false,
    }
  })
}

/** A jump host may be the name of a block itself. */
function viaBlock(blocks: readonly Block[], place: string, path: string): ReturnType<typeof parsePlace> {
  const { host, port, user } = parsePlace(place)
  const first = (setting: string): string =>
    blocks.filter(({ patterns }) => agrees(patterns, host)).flatMap(({ settings }) => settings.get(setting) ?? [])[0] ??
    ''
  return asPlace(
    first('hostname') || host,
    /:\d+$/.test(place) ? String(port) : first('port'),
    place.includes('@') ? user : first('user'),
    `${path}: ${place}`,
  )
}

function readBlocks(text: string): Block[] {
  const blocks: { patterns: string[]; settings: Map<string, string[]> }[] = [{ patterns: ['*'], settings: new Map() }]
  for (const raw of text.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(raw) ?? []
    if (name === '') continue
    const key = name.toLowerCase()
    const text = value.replace(/^"(.*)"$/, '$1')
    if (key === 'host') blocks.push({ patterns: text.split(/\s+/), settings: new Map() })
    // What a Match asks for cannot be told here: nothing agrees with this block.
    else if (key === 'match') blocks.push({ patterns: [], settings: new Map() })
    else {
      const settings = blocks.at(-1)?.settings
      settings?.set(key, [...(settings.get(key) ?? []), text])
    }
  }
  return blocks
}

function agrees(patterns: readonly string[], name: string): boolean {
  if (patterns.some((pattern) => pattern.startsWith('!') && asPattern(pattern.slice(1)).test(name))) return false
  return patterns.some((pattern) => asPattern(pattern).test(name))
}
