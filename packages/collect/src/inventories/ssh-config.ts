import { InventoryTooLarge } from './inventory.ts'
import type { InventoryHost, InventoryNotes } from './inventory.ts'
import { agreesWith } from './pattern.ts'
import { asPlace, checkName, parsePlace } from './place.ts'
import type { Place } from './place.ts'

interface Block {
  readonly line: number
  readonly patterns: readonly string[]
  readonly settings: Map<string, string[]>
}

/**
 * The machines that an ssh_config(5) names: each `Host` without wildcards, with the settings of all blocks that agree with
 * it; of several values the first counts. `Match` blocks and `Include` are passed over.
 */
export function parseSshConfig(text: string, notes: InventoryNotes): void {
  const config = new SshConfig(readBlocks(text))
  const seen = new Set<string>()
  for (const { line, patterns } of config.blocks) {
    for (const name of patterns) {
      if (isPattern(name) || seen.has(name)) continue
      seen.add(name)
      notes.add(line, () => asHost(config, name, line))
    }
  }
}

function asHost(config: SshConfig, name: string, line: number): InventoryHost {
  const settings = config.settingsOf(name)
  const first = (setting: string): string => settings(setting)[0] ?? ''
  const jump = first('proxyjump')
  return {
    line,
    name: checkName(name),
    place: asPlace(first('hostname').replaceAll('%h', name) || name, first('port'), first('user'), name),
    jumps: jump === '' || jump === 'none' ? [] : jump.split(',').map((place) => viaBlock(config, place)),
    become: 'none',
    identities: settings('identityfile'),
    legacyAlgorithms: false,
    groups: [],
    columns: new Map(),
  }
}

/** A jump host may be the name of a block itself. */
function viaBlock(config: SshConfig, place: string): Place {
  const { host, port, user } = parsePlace(place)
  const settings = config.settingsOf(host)
  const first = (setting: string): string => settings(setting)[0] ?? ''
  const ownPort = port === undefined ? first('port') : String(port)
  return asPlace(first('hostname') || host, ownPort, user ?? first('user'), place)
}

const isPattern = (text: string): boolean => /[*?!]/.test(text)
const mostPatterns = 1000
const mostComparisons = 1_000_000

/** The blocks, so that those of one host are found without asking all. */
class SshConfig {
  readonly blocks: readonly Block[]
  readonly #general: number[] = []
  readonly #named = new Map<string, number[]>()
  #comparisons = 0

  constructor(blocks: readonly Block[]) {
    this.blocks = blocks
    for (const [at, { line, patterns }] of blocks.entries()) {
      if (patterns.some(isPattern)) {
        this.#general.push(at)
        if (this.#general.length > mostPatterns) throw new InventoryTooLarge(line, 'there are too many patterns')
      } else {
        for (const name of patterns) {
          const key = name.toLowerCase()
          this.#named.set(key, [...(this.#named.get(key) ?? []).slice(0, mostPatterns), at])
        }
      }
    }
  }

  settingsOf(name: string): (setting: string) => readonly string[] {
    const own = this.#named.get(name.toLowerCase()) ?? []
    this.#comparisons += this.#general.length
    if (this.#comparisons > mostComparisons)
      throw new InventoryTooLarge(1, 'there are too many hosts for so many patterns')
    const general = this.#general.filter((at) => agrees(this.blocks[at]?.patterns ?? [], name))
    const all = [...new Set([...own, ...general])].toSorted((one, other) => one - other)
    return (setting) => all.flatMap((at) => this.blocks[at]?.settings.get(setting) ?? [])
  }
}

function readBlocks(text: string): Block[] {
  const blocks: Block[] = [{ line: 1, patterns: ['*'], settings: new Map() }]
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const [, name = '', value = ''] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(\S.*)?$/.exec(raw) ?? []
    if (name === '') continue
    const key = name.toLowerCase()
    const given = value.trim().replace(/^"(.*)"$/, '$1')
    if (key === 'host')
      blocks.push({ line: index + 1, patterns: given.split(/\s+/).slice(0, mostPatterns), settings: new Map() })
    // What a Match asks for cannot be told here: nothing agrees with this block.
    else if (key === 'match') blocks.push({ line: index + 1, patterns: [], settings: new Map() })
    else {
      const settings = blocks.at(-1)?.settings
      const values = settings?.get(key)
      if (values === undefined) settings?.set(key, [given])
      else values.push(given)
    }
  }
  return blocks
}

function agrees(patterns: readonly string[], name: string): boolean {
  if (patterns.some((pattern) => pattern.startsWith('!') && agreesWith(pattern.slice(1), name))) return false
  return patterns.some((pattern) => agreesWith(pattern, name))
}
