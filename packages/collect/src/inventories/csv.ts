import type { InventoryNotes } from './inventory.ts'
import { legacyAlgorithmsOf } from './own-settings.ts'
import { asPlace, checkName, parseJumps, parsePlace } from './place.ts'
import type { Place } from './place.ts'

/** Headings under which the same thing is found, ours and those of the asset system. */
const headings: Readonly<Record<string, string>> = {
  ipaddress: 'host',
  hostmachine: 'name',
  sshportno: 'port',
  container: 'folder',
}
const ofUnixMachine = 'symc-csm-assetsystem-asset-unix-machine'
const own = ['name', 'host', 'port', 'user', 'become', 'jump', 'identity', 'legacyalgorithms', 'groups']
const mostColumns = 200

/**
 * A table with a heading line (RFC 4180; cells may be divided by semicolons or tabs): `host` and any of `name`, `port`, `user`,
 * `become` (`sudo`, `sudo-commands`, `su`), `jump`, `identity`, `legacyAlgorithms`, `groups`. Rows of other types of assets than
 * UNIX machines, in a column `type`, need no host. Other columns are kept as they are.
 */
export function parseCsvInventory(text: string, notes: InventoryNotes): void {
  const { rows, openQuote } = parseCsv(text)
  if (openQuote !== undefined) return notes.refuse(openQuote, 'a quote begins here that is not closed')
  const [heading, ...others] = rows.filter(({ cells }) => cells.some((cell) => cell.trim() !== ''))
  const names = (heading?.cells ?? []).map(columnName)
  if (!names.includes('host') && !names.includes('type')) {
    return notes.refuse(heading?.line ?? 1, `there is no column "host"; known columns are ${own.join(', ')}`)
  }
  if (names.length > mostColumns) return notes.refuse(1, `there are more than ${mostColumns} columns`)
  for (const { line, cells } of others) {
    const cell = (name: string): string => cells[names.indexOf(name)]?.trim() ?? ''
    notes.add(line, () => {
      const type = cell('type').toLowerCase()
      const isMachine = cell('host') !== '' || type === '' || type === ofUnixMachine
      const place = isMachine ? placeOf(cell('host'), cell('port'), cell('user')) : undefined
      const become = cell('become').toLowerCase()
      const ownName = place === undefined ? '' : (place.port ?? 22) === 22 ? place.host : `${place.host}:${place.port}`
      const name = cell('name') || ownName
      return {
        line,
        name: name === '' ? '' : checkName(name),
        place,
        jumps: cell('jump') === '' ? undefined : parseJumps(cell('jump')),
        become:
          become === 'su' || become === 'sudo-commands'
            ? become
            : /^(?:sudo|true|yes|1)$/.test(become)
              ? 'sudo'
              : 'none',
        identities: cell('identity') === '' ? [] : [cell('identity')],
        legacyAlgorithms: legacyAlgorithmsOf(cell('legacyalgorithms')),
        groups: cell('groups')
          .split(/[;,]/)
          .map((group) => group.trim())
          .filter((group) => group !== '')
          .map(checkName),
        columns: new Map(
          names.flatMap((column, at) => {
            const value = cells[at]?.trim() ?? ''
            return column === '' || own.includes(column) || value === '' ? [] : [[column, value] as const]
          }),
        ),
      }
    })
  }
}

/** In the column of the host its port and the account may stand too; their own columns win. */
function placeOf(host: string, port: string, user: string): Place {
  if (!/@|^\[.*\]:\d+$|^[^:]+:\d+$/.test(host)) return asPlace(host, port, user, host)
  const said = parsePlace(host)
  return asPlace(said.host, port || `${said.port ?? ''}`, user || (said.user ?? ''), host)
}

function columnName(cell: string): string {
  const given = cell.trim().toLowerCase()
  const short = given.startsWith(`${ofUnixMachine}-`) ? given.slice(ofUnixMachine.length + 1) : given
  return headings[short] ?? given
}

interface Row {
  readonly line: number
  readonly cells: string[]
}

/** Cells may stand in quotes, with doubled quotes for quotes, separators and line ends in them. */
export function parseCsv(text: string): { readonly rows: readonly Row[]; readonly openQuote?: number } {
  const separator = separatorOf(text)
  const rows: Row[] = []
  let line = 1
  let row: Row = { line, cells: [] }
  for (let at = 0; at <= text.length;) {
    let cell: string
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1)
      if (end === -1) return { rows, openQuote: line }
      cell = text.slice(at + 1, end).replaceAll('""', '"')
      line += cell.split('\n').length - 1
      at = end + 1
      // What stands behind the quote belongs to nothing.
      at = endOfPlain(text, at, separator)
    } else {
      const end = endOfPlain(text, at, separator)
      cell = text.slice(at, end)
      at = end
    }
    row.cells.push(cell)
    if (at >= text.length || text[at] !== separator) {
      rows.push(row)
      if (text[at] === '\r' && text[at + 1] === '\n') at += 1
      line += 1
      row = { line, cells: [] }
    }
    at += 1
  }
  return { rows }
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at
  return -1
}

/** Spreadsheets write semicolons where a comma divides whole numbers from fractions. */
function separatorOf(text: string): string {
  const [heading = ''] = /\S.*/.exec(text) ?? []
  return [',', ';', '\t'].find((sign) => heading.includes(sign)) ?? ','
}

function endOfPlain(text: string, from: number, separator: string): number {
  const ends = new RegExp(`[${separator}\r\n]`, 'g')
  ends.lastIndex = from
  return ends.exec(text)?.index ?? text.length
}
