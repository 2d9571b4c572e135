import { InventoryTooLarge } from './inventory.ts'
import type { Included, InventoryHost, InventoryNotes } from './inventory.ts'
import { agreesWith } from './pattern.ts'
import { asPlace, checkName, parseJumps, PlaceError, quoted } from './place.ts'
import type { Place } from './place.ts'
import { jumpsOfProxyCommand } from './ssh-way.ts'
import { becomeOfSudo, legacyAlgorithmsOf } from './own-settings.ts'

interface Block {
  readonly line: number
  readonly patterns: readonly string[]
  /** The patterns of the blocks that the file was included in, which have to agree too. */
  readonly within: readonly (readonly string[])[]
  readonly settings: Map<string, string[]>
}

/**
 * The machines that an ssh_config(5) names: each `Host` without wildcards, with the settings of all blocks that agree with
 * it; of several values the first counts. A `Match` of anything but `all` is passed over, which is said; so is `Include`
 * where nobody can tell what it leads to.
 */
export function parseSshConfig(text: string, notes: InventoryNotes, included?: Included): void {
  const config = new SshConfig(readBlocks(text, notes, included))
  const seen = new Set<string>()
  for (const { line, patterns, within } of config.blocks) {
    for (const name of patterns) {
      if (isPattern(name) || seen.has(name) || !within.every((outer) => agrees(outer, name))) continue
      seen.add(name)
      notes.add(line, () => asHost(config, name, line))
    }
  }
}

function asHost(config: SshConfig, name: string, line: number): InventoryHost {
  const settings = config.settingsOf(name)
  const sudo = settings('plumblinesudo')[0]
  const way = jumpsTo(config, name, [])
  return {
    line,
    name: checkName(name),
    place: placeOf(config, { host: name, port: undefined, user: undefined }),
    jumps: way?.map(({ place }) => place),
    become: sudo === undefined ? 'none' : becomeOfSudo(sudo),
    // Each server is offered all keys: its own come first to the machine itself.
    identities: [...new Set([...settings('identityfile'), ...(way ?? []).flatMap(({ identities }) => identities)])],
    legacyAlgorithms: legacyAlgorithmsOf(settings('plumblinelegacyalgorithms')[0] ?? ''),
    groups: [],
    columns: new Map(),
  }
}

/** Where a name leads that may be one of a block. */
function placeOf(config: SshConfig, { host, port, user }: Place): Place {
  const settings = config.settingsOf(host)
  const first = (setting: string): string => settings(setting)[0] ?? ''
  const ownPort = port === undefined ? first('port') : String(port)
  return asPlace(first('hostname').replaceAll('%h', host) || host, ownPort, user ?? first('user'), host)
}

const mostJumps = 20

interface Jump {
  readonly place: Place
  readonly identities: readonly string[]
}

/** A jump host may be a block of its own, which may have jump hosts. */
function jumpsTo(config: SshConfig, name: string, after: readonly string[]): readonly Jump[] | undefined {
  const way = config.settingsOf(name)(wayThere)[0]
  if (way === undefined) return undefined
  const [, key, value = ''] = /^(\w+) (.*)$/s.exec(way) ?? []
  const said = key === 'proxyjump' ? parseJumps(value) : jumpsOfProxyCommand(value)
  // A setting for all hosts is one for the jump host too, which needs no way through itself.
  const itself = said.findIndex(({ host }) => host === name)
  const given = itself === -1 ? said : said.slice(0, itself)
  const [nearest] = given
  if (nearest === undefined || after.includes(nearest.host)) return []
  if (after.length + given.length > mostJumps)
    throw new PlaceError(`${quoted(name)} has too many servers to go through`)
  const jumps = given.map((place) => ({
    place: placeOf(config, place),
    identities: config.settingsOf(place.host)('identityfile'),
  }))
  return [...(jumpsTo(config, nearest.host, [...after, name]) ?? []), ...jumps]
}

/** ProxyJump and ProxyCommand are one setting: whichever comes first counts. */
const wayThere = 'way there'

const isPattern = (text: string): boolean => /[*?!]/.test(text)
const mostPatterns = 1000
const mostComparisons = 1_000_000

/** The blocks, so that those of one host are found without asking all. */
class SshConfig {
  readonly blocks: readonly Block[]
  readonly #general: number[] = []
  readonly #named = new Map<string, number[]>()
  readonly #found = new Map<string, (setting: string) => readonly string[]>()
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
    const found = this.#found.get(name)
    if (found !== undefined) return found
    const own = this.#named.get(name.toLowerCase()) ?? []
    this.#comparisons += this.#general.length
    if (this.#comparisons > mostComparisons)
      throw new InventoryTooLarge(1, 'there are too many hosts for so many patterns')
    const general = this.#general.filter((at) => agrees(this.blocks[at]?.patterns ?? [], name))
    const all = [...new Set([...own, ...general])]
      .filter((at) => this.blocks[at]?.within.every((outer) => agrees(outer, name)))
      .toSorted((one, other) => one - other)
    const settings = (setting: string): string[] => all.flatMap((at) => this.blocks[at]?.settings.get(setting) ?? [])
    this.#found.set(name, settings)
    return settings
  }
}

/** ssh_config(5) says 16: a file that includes itself is to end somewhere. */
const mostNested = 16

/** A file as it is read, and where in the inventory itself it was included. */
interface Source {
  readonly text: string
  readonly within: Block['within']
  readonly depth: number
  /** Undefined for the inventory itself. */
  readonly from?: { readonly file: string; readonly line: number }
}

function readBlocks(inventory: string, notes: InventoryNotes, included: Included | undefined): Block[] {
  const blocks: Block[] = []
  const read = ({ text, within, depth, from }: Source): void => {
    const lineOf = (index: number): number => from?.line ?? index + 1
    const passOver = (index: number, what: string): void =>
      notes.passOver(lineOf(index), from === undefined ? what : `${from.file}, line ${index + 1}: ${what}`)
    const begin = (index: number, patterns: readonly string[]): Block => {
      const block = { line: lineOf(index), patterns, within, settings: new Map() }
      blocks.push(block)
      return block
    }
    let block = begin(0, ['*'])
    for (const [index, raw] of text.split(/\r?\n/).entries()) {
      const [, name = '', value = ''] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(\S.*)?$/.exec(raw) ?? []
      if (name === '') continue
      const key = name.toLowerCase()
      const words = wordsOf(value)
      const given = words.join(' ')
      if (key === 'host') block = begin(index, words.slice(0, mostPatterns))
      else if (key === 'match') {
        const isForAll = given.toLowerCase() === 'all'
        // What else it asks for cannot be told here: nothing agrees with this block.
        block = begin(index, isForAll ? ['*'] : [])
        if (!isForAll) passOver(index, 'Match depends on more than the name: none of its settings count')
      } else if (key === 'include') {
        // Whoever finds the files divides it: a name may have blanks.
        const files = value.trim()
        if (included === undefined) {
          passOver(index, `Include is not followed here: add what ${quoted(files)} holds to the inventory`)
          continue
        }
        if (depth >= mostNested) throw new InventoryTooLarge(lineOf(index), 'files include each other too deep')
        const outer = block.patterns
        for (const { file, text: inner } of included(files, lineOf(index)))
          read({ text: inner, within: [...within, outer], depth: depth + 1, from: { file, line: lineOf(index) } })
        // What follows belongs to the block again, behind what was included: the first value counts.
        block = begin(index, outer)
      } else {
        // A command is the rest of the line as it is, of other settings one word counts.
        const [first = ''] = key === 'proxycommand' ? [value.trim()] : words
        const [setting, said] = /^proxy(?:jump|command)$/.test(key) ? [wayThere, `${key} ${first}`] : [key, first]
        const values = block.settings.get(setting)
        if (values === undefined) block.settings.set(setting, [said])
        else values.push(said)
      }
    }
  }
  read({ text: inventory, within: [], depth: 0 })
  return blocks
}

/** Words may hold blanks in quotes; one that begins with `#` begins a comment. */
function wordsOf(value: string): string[] {
  const all = value.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|["'\\])+/gs) ?? []
  const comment = all.findIndex((word) => word.startsWith('#'))
  return all
    .slice(0, comment === -1 ? all.length : comment)
    .map((word) =>
      word.replace(
        /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|\\(["'\\ ])/gs,
        (_, double?: string, single?: string, escaped?: string) =>
          escaped ?? (double ?? single ?? '').replace(/\\(["'\\])/g, '$1'),
      ),
    )
}

function agrees(patterns: readonly string[], name: string): boolean {
  if (patterns.some((pattern) => pattern.startsWith('!') && agreesWith(pattern.slice(1), name))) return false
  return patterns.some((pattern) => agreesWith(pattern, name))
}
