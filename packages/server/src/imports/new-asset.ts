import { asPlace, parseJumps, PlaceError } from '@plumbline/collect'
import type { Place } from '@plumbline/collect'
import { assetTypeOf, assetTypes, attributeId, unixMachine } from '../api/asset-types.ts'
import type { AssetType } from '../api/asset-types.ts'
import type { AssetAddress, JumpHost } from '../db/schema.ts'
import type { Detail } from '../errors.ts'

/** What a request says of an asset to be created, checked; where it goes and who may say so is still to be seen. */
export interface AssetSent {
  readonly type: string
  readonly displayName: string
  readonly identity: string
  readonly attributes: Readonly<Record<string, string | readonly string[]>>
  readonly address: AssetAddress
  /** As sent: the name of a folder below Asset System, or its path from there. */
  readonly container: string
}

export const defaultContainer = 'Assets'
const mostAttributes = 200
const mostValues = 1000
const longestValue = 4000

/** Reads one flat object: `Type`, the type's identifying attributes, `container`, further attributes; in any casing. */
export function readNewAsset(sent: unknown, place: string): { readonly asset: AssetSent } | { problems: Detail[] } {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) {
    return { problems: [{ Member: place, Allowed: 'an object with Type and the attributes of that type' }] }
  }
  const members = new Map(Object.entries(sent).map(([name, value]) => [name.toLowerCase(), { name, value }] as const))
  const given = members.get('type')?.value as unknown
  const type = typeof given === 'string' ? assetTypeOf(given.trim()) : undefined
  if (type === undefined) {
    const Allowed = `one of ${assetTypes.map(({ id }) => id).join(', ')}`
    return { problems: [{ Member: `${place}.Type`, ...(isShown(given) ? { Value: given } : {}), Allowed }] }
  }
  const problems: Detail[] = []
  const attributes: Record<string, string | readonly string[]> = {}
  let container = defaultContainer
  for (const [key, { name, value }] of members) {
    if (key === 'type' || value === null) continue
    if (key === 'container') {
      const path = asText(value)
      if (path === undefined) problems.push({ Member: `${place}.${name}`, Allowed: 'the name or the path of a folder' })
      else container = path
      continue
    }
    const texts = Array.isArray(value) ? asTexts(value) : asText(value)
    const id = attributeId(type, name)
    if (id === undefined) {
      problems.push({ Member: `${place}.${name.slice(0, 200)}`, Allowed: `container, or an attribute of ${type.id}` })
    } else if (texts === undefined) {
      problems.push({ Member: `${place}.${name}`, Allowed: `a text, or a list of texts, of at most ${longestValue}` })
    } else attributes[id] = texts
  }
  if (Object.keys(attributes).length > mostAttributes) {
    problems.push({ Member: place, Allowed: `at most ${mostAttributes} attributes` })
  }
  problems.push(...missing(type, attributes).map((name) => ({ Member: `${place}.${name}`, Allowed: 'a value' })))
  // Two assets of one look are no more told apart, and a line of a terminal or a mail is a line.
  for (const name of type.identifying.map((one) => `${type.id}-${one}`)) {
    if (/\p{C}/u.test(valueOf(attributes, name)))
      problems.push({ Member: `${place}.${name}`, Allowed: 'a value without characters that cannot be seen' })
  }
  const address = addressOf(type, attributes, (name, Allowed) => {
    problems.push({ Member: `${place}.${type.id}-${name}`, Allowed })
  })
  if (problems.length > 0) return { problems }
  return { asset: { ...named(type, attributes), type: type.id, attributes, address, container } }
}

const isShown = (value: unknown): boolean => typeof value === 'string' && value.length <= 200

function asTexts(values: readonly unknown[]): readonly string[] | undefined {
  const texts = values.slice(0, mostValues + 1).map(asText)
  return texts.length <= mostValues && texts.every((one) => one !== undefined) ? texts : undefined
}

/** Ports and the like come as numbers too. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string' || value.length > longestValue) return undefined
  return value.isWellFormed() && !value.includes('\0') ? value.trim() : undefined
}

const valueOf = (attributes: AssetSent['attributes'], id: string): string => {
  const value = attributes[id]
  return typeof value === 'string' ? value : (value?.[0] ?? '')
}

function missing({ id, identifying, oneIsEnough }: AssetType, attributes: AssetSent['attributes']): string[] {
  const absent = identifying.map((name) => `${id}-${name}`).filter((name) => valueOf(attributes, name) === '')
  return oneIsEnough === true && absent.length < identifying.length ? [] : absent
}

function named({ id, identifying, naming }: AssetType, attributes: AssetSent['attributes']) {
  const values = identifying.map((name) => valueOf(attributes, `${id}-${name}`))
  return {
    displayName: naming.map((name) => valueOf(attributes, `${id}-${name}`)).find((name) => name !== '') ?? '',
    identity: [id, ...values].join(' '),
  }
}

/** UNIX machines are reached by SSH; the others are kept, and a run says that it cannot collect from them. */
function addressOf(
  { id }: AssetType,
  attributes: AssetSent['attributes'],
  refuse: (name: string, allowed: string) => void,
): AssetAddress {
  if (id !== unixMachine) return { transport: 'none' }
  const value = (name: string): string => valueOf(attributes, `${id}-${name}`)
  const [port, user, legacy] = [value('SSHPortNo'), value('SSHUser'), value('LegacyAlgorithms')]
  const number = port === '' ? 22 : Number(port)
  if (!/^\d*$/.test(port) || number < 1 || number > 65_535) refuse('SSHPortNo', 'a port, 1 to 65535')
  if (placeOf(() => asPlace('host', '', user, user)) === undefined) refuse('SSHUser', 'the name of an account')
  const ways = [attributes[`${id}-SSHJumpHosts`] ?? ''].flat().join(',')
  const jumps = ways === '' ? undefined : placeOf(() => parseJumps(ways))
  if (ways !== '' && jumps === undefined) {
    refuse('SSHJumpHosts', '[user@]host[:port], with commas between several, or none')
  }
  return {
    transport: 'ssh',
    host: value('IPAddress') || value('HostMachine'),
    port: number,
    ...(user === '' ? {} : { user }),
    ...(jumps === undefined ? {} : { jumps: jumps.map(asJumpHost) }),
    ...(legacy === '' ? {} : { legacyAlgorithms: /^(?:true|yes|1)$/i.test(legacy) }),
  }
}

const asJumpHost = ({ host, port, user }: Place): JumpHost => ({
  host,
  port: port ?? 22,
  ...(user === undefined ? {} : { user }),
})

function placeOf<Found>(read: () => Found): Found | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof PlaceError) return undefined
    throw error
  }
}

/** `Web`, `Asset System\\Web` and `web/` are the same folder. */
export function folderPath(container: string): string {
  const path = container.replaceAll('/', '\\').replace(/^\\+|\\+$/g, '')
  const isWhole = path.toLowerCase() === root.toLowerCase() || path.toLowerCase().startsWith(`${root.toLowerCase()}\\`)
  return isWhole ? path : `${root}\\${path}`
}

const root = 'Asset System'
