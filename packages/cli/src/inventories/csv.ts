import { parsePlace, asPlace, type SshAddress } from '../asset-address.ts'
import { Failure } from '../failure.ts'

const columns = ['name', 'host', 'port', 'user', 'become', 'jump', 'identity', 'legacyalgorithms']

/**
 * A table with a heading line (RFC 4180): `host` and any of `name`, `port`, `user`, `become` (`sudo`, `su`), `jump`, `identity`,
 * `legacyAlgorithms`. Other columns are passed over.
 */
export function parseCsvInventory(text: string, path: string): SshAddress[] {
  const [heading = [], ...rows] = parseCsv(text).filter((row) => row.some((cell) => cell.trim() !== ''))
  const names = heading.map((cell) => cell.trim().toLowerCase())
  if (!names.includes('host'))
    throw new Failure(`${path} has no column "host"; known columns are ${columns.join(', ')}`)
  return rows.map((row) => {
    const cell = (name: string): string => row[names.indexOf(name)]?.trim() ?? ''
    const place = asPlace(cell('host'), cell('port'), cell('user'), `${path}: ${cell('host')}`)
    const become = cell('become').toLowerCase()
    return {
      kind: 'ssh',
      ...place,
      name: cell('name') || (place.port === 22 ? place.host : `${place.host}:${place.port}`),
      jumps: cell('jump') === '' ? [] : cell('jump').split(/[ ,]+/).map(parsePlace),
      become: become === 'su' ? 'su' : /^(?:sudo|true|yes|1)$/.test(become) ? 'sudo' : 'none',
      identities: cell('identity') === '' ? [] : [cell('identity')],
      legacyAlgorithms: /^(?:true|yes|1)$/i.test(cell('legacyalgorithms')),
    }
  })
}

/** Cells may stand in quotes, with doubled quotes for quotes, commas and line ends in them. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/gy
  for (let found = cells.exec(text); found !== null && cells.lastIndex <= text.length; found = cells.exec(text)) {
    const [whole, quoted, plain = '', end = ''] = found
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === '' || whole === '') return rows
    if (end !== ',') rows.push([])
  }
  throw new Failure('the table has a quote that is not closed')
}
