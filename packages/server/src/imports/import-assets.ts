import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { isChosen, parseInventory } from '@plumbline/collect'
import type { InventoryForm } from '@plumbline/collect'
import { defaultContainer, folderPath } from './new-asset.ts'
import type { AssetSent } from './new-asset.ts'
import type { Transaction } from '../db/database.ts'
import type { AssetAddress, Tables } from '../db/schema.ts'
import { findKnownAssets, insertAssets, updateAssets } from '../store/asset-imports.ts'
import type { AssetToSave, KnownAsset } from '../store/asset-imports.ts'
import { recordAudit } from '../store/audit.ts'
import { findFolder } from '../store/folders.ts'
import type { Folder } from '../store/folders.ts'
import { asAssets } from './as-assets.ts'
import type { AssetOfLine } from './as-assets.ts'
import { keepGroups } from './keep-groups.ts'
import type { GroupOutcome } from './keep-groups.ts'

/** An inventory and what is to be made of it. */
export interface AssetImport {
  readonly text: string
  readonly form?: InventoryForm | undefined
  /** The name of the file, which tells the form where nothing else does. */
  readonly file?: string | undefined
  /** Of assets whose line says no other, and of groups; `Assets` without it. */
  readonly folder?: string | undefined
  /** Only machines that agree with these patterns. */
  readonly limit?: readonly string[] | undefined
  /** Makes the groups of the inventory asset groups. */
  readonly groups?: boolean | undefined
  /** Says what would be done. */
  readonly dryRun?: boolean | undefined
}

/** Who imports: what lies beyond these folders is neither changed nor made. */
export interface Importer {
  readonly name: string
  readonly reaches: (path: string) => boolean
  /** Ends the import with its reason after the part that is under way; what was imported stays. */
  readonly signal?: AbortSignal
  /** Called before all and at the end of each transaction that writes, which is undone where this throws. */
  readonly heed?: (tx: Transaction, done: number, total: number) => Promise<void>
}

export interface ImportLine {
  readonly line: number
  readonly name: string
  readonly outcome: 'created' | 'passed over' | 'refused' | 'unchanged' | 'updated'
  readonly assetId?: string
  /** Why, or what changed. */
  readonly text?: string
}

export interface ImportReport {
  readonly form: InventoryForm
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly refused: number
  readonly passedOver: number
  readonly lines: readonly ImportLine[]
  readonly groups: readonly GroupOutcome[]
  /** Columns of the table that mean nothing here. */
  readonly ignoredColumns: readonly string[]
}

/** So many assets are judged, and later written, at a time: in between it is the turn of others, and of who stops the import. */
const partSize = 1000

/**
 * Makes assets of an inventory's machines, in parts: one that ends half way leaves what it has imported, and the same import
 * goes on from there. All lines are judged before the first is written, and groups come last. An asset that exists is brought up to date and stays where it is: it is known by its
 * identifying attributes, a UNIX machine else by its name within the folder, so that one whose address changed is not
 * doubled. Nothing is deleted. A line that cannot be imported is told and keeps no other back.
 */
export async function importAssets(db: Kysely<Tables>, sent: AssetImport, importer: Importer): Promise<ImportReport> {
  const { form, hosts, problems } = parseInventory(sent.text, {
    ...(sent.form === undefined ? {} : { form: sent.form }),
    ...(sent.file === undefined ? {} : { file: sent.file }),
  })
  const limit = sent.limit ?? []
  const chosen = hosts.filter(({ name, place }) => limit.length === 0 || isChosen(limit, [name, place?.host ?? '']))
  const lines: ImportLine[] = problems.map(({ line, text, kind }) => ({ line, name: '', outcome: kind, text }))
  const ignoredColumns = new Set<string>()
  const planned: Planned[] = []
  const seen: Seen = { folders: new Map(), lineOf: new Map() }
  for (let start = 0; start < chosen.length; start += partSize) {
    await setImmediate()
    importer.signal?.throwIfAborted()
    const read = asAssets(chosen.slice(start, start + partSize), sent.folder ?? defaultContainer)
    lines.push(...read.refused)
    for (const column of read.ignoredColumns) ignoredColumns.add(column)
    planned.push(...(await plan(db, read.assets, importer, seen)))
  }
  if (sent.dryRun !== true) await saveInParts(db, form, planned, importer)
  lines.push(...planned.map(({ line }) => line))
  const members = new Map(
    planned.flatMap(({ line, groups }) => (line.assetId === undefined ? [] : [[line.assetId, groups]])),
  )
  const groups =
    sent.groups === true
      ? await keepGroups(db, {
          members,
          folder: folderPath(sent.folder ?? defaultContainer),
          importer,
          dryRun: sent.dryRun === true,
        })
      : []
  const count = (outcome: ImportLine['outcome']): number => lines.filter((line) => line.outcome === outcome).length
  return {
    form,
    created: count('created'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    refused: count('refused'),
    passedOver: count('passed over'),
    lines: lines.toSorted((one, other) => one.line - other.line),
    groups,
    ignoredColumns: [...ignoredColumns],
  }
}

interface Planned {
  line: ImportLine
  readonly groups: readonly string[]
  readonly make?: AssetToSave & { readonly folderId: string }
  readonly change?: AssetToSave
}

/** What the lines before have come upon. */
interface Seen {
  readonly folders: Map<string, Folder | undefined>
  /** By the identity and the id of an asset, the line that names it. */
  readonly lineOf: Map<string, number>
}

async function plan(
  db: Kysely<Tables>,
  assets: readonly AssetOfLine[],
  importer: Importer,
  { folders, lineOf }: Seen,
): Promise<Planned[]> {
  const known = await findKnownAssets(db, {
    identities: assets.map(({ asset }) => asset.identity),
    names: assets.filter(({ asset }) => asset.address.transport === 'ssh').map(({ asset }) => asset.displayName),
  })
  const byIdentity = new Map(known.map((one) => [one.identity, one]))
  const byName = Map.groupBy(known, (one) => placeKey(one.type, one.path, one.displayName))
  const planned: Planned[] = []
  for (const { line, asset, groups } of assets) {
    const path = folderPath(asset.container)
    if (!folders.has(path)) folders.set(path, await findFolder(db, path))
    const folder = folders.get(path)
    const mayUse = folder !== undefined && importer.reaches(folder.path)
    const identity = asset.identity.toLowerCase()
    // What names there are in a folder that the importer may not use is not told.
    const sameName = mayUse ? (byName.get(placeKey(asset.type, path, asset.displayName)) ?? []) : []
    const found = byIdentity.get(identity) ?? (sameName.length === 1 ? sameName[0] : undefined)
    const refuse = (text: string): void => {
      planned.push({ line: { line, name: asset.displayName, outcome: 'refused', text }, groups: [] })
    }
    const taken = lineOf.get(identity) ?? (found === undefined ? undefined : lineOf.get(found.id))
    if (taken !== undefined) refuse(`line ${taken} names the same asset`)
    else if (found !== undefined && !importer.reaches(found.path))
      refuse('this asset is in a folder that you may not use')
    else if (found !== undefined) planned.push(update(line, asset, found, groups))
    else if (!mayUse) {
      refuse(`${asset.container} is no folder below Asset System that you may use`)
    } else planned.push(create(line, asset, folder, groups))
    lineOf.set(identity, taken ?? line)
    if (found !== undefined) lineOf.set(found.id, taken ?? line)
  }
  return planned
}

const placeKey = (type: string, path: string, name: string): string => [type, path, name].join('\0').toLowerCase()

function create(line: number, asset: AssetSent, { id: folderId }: Folder, groups: readonly string[]): Planned {
  const { type, displayName, identity, attributes, address } = asset
  const id = randomUUID()
  return {
    line: { line, name: displayName, outcome: 'created', assetId: id },
    groups,
    make: { id, type, displayName, identity, attributes, address, folderId },
  }
}

function update(line: number, asset: AssetSent, known: KnownAsset, groups: readonly string[]): Planned {
  const { type, displayName, identity, attributes } = asset
  const address = addressOf(asset, known)
  const changes = Object.entries(attributes)
    .filter(([name, value]) => JSON.stringify(known.attributes[name]) !== JSON.stringify(value))
    .map(([name, value]) => `${shortName(name)} ${shown(known.attributes[name])} → ${shown(value)}`)
  if (displayName !== known.displayName) changes.push(`name ${known.displayName} → ${displayName}`)
  const isSame = changes.length === 0 && JSON.stringify(address) === JSON.stringify(known.address)
  const seen = { line, name: displayName, assetId: known.id }
  if (isSame && identity.toLowerCase() === known.identity) return { line: { ...seen, outcome: 'unchanged' }, groups }
  return {
    line: { ...seen, outcome: 'updated', text: changes.join('; ') || 'how it is reached' },
    groups,
    change: { id: known.id, type, displayName, identity, attributes, address },
  }
}

/** What the inventory does not say stays: the port, the account, jump hosts, old algorithms, and that this server reads the machine itself. */
function addressOf({ type, attributes, address }: AssetSent, { address: known }: KnownAsset): AssetAddress {
  if (known.transport !== 'ssh' || address.transport !== 'ssh') return known
  return { ...known, ...address, port: `${type}-SSHPortNo` in attributes ? address.port : known.port }
}

const shortName = (attribute: string): string => attribute.slice(attribute.lastIndexOf('-') + 1)
const longestShown = 60

function shown(value: string | readonly string[] | undefined): string {
  const text = value === undefined ? '(nothing)' : [value].flat().join(', ')
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}

async function saveInParts(
  db: Kysely<Tables>,
  form: InventoryForm,
  planned: readonly Planned[],
  importer: Importer,
): Promise<void> {
  const total = planned.filter(({ line }) => line.outcome !== 'refused').length
  const toWrite = planned.filter(({ make, change }) => make !== undefined || change !== undefined)
  let done = total - toWrite.length
  const { heed } = importer
  if (heed !== undefined) await db.transaction().execute((tx) => heed(tx, done, total))
  for (let start = 0; start < toWrite.length; start += partSize) {
    importer.signal?.throwIfAborted()
    const part = toWrite.slice(start, start + partSize)
    await db.transaction().execute(async (tx) => {
      await save(tx, part)
      await audit(tx, form, part, importer)
      done += part.length
      await heed?.(tx, done, total)
    })
  }
}

async function save(tx: Transaction, part: readonly Planned[]): Promise<void> {
  const made = await insertAssets(
    tx,
    part.flatMap(({ make }) => make ?? []),
  )
  await updateAssets(
    tx,
    part.flatMap(({ change }) => change ?? []),
  )
  for (const one of part) {
    if (one.make === undefined || made.has(one.make.id)) continue
    const { line, name } = one.line
    one.line = { line, name, outcome: 'refused', text: 'somebody else made this asset at this moment; import again' }
  }
}

/** A record for each part, with the assets that it wrote. */
async function audit(
  tx: Transaction,
  form: InventoryForm,
  part: readonly Planned[],
  importer: Importer,
): Promise<void> {
  const assets = part.flatMap(({ line: { assetId, name, outcome } }) =>
    assetId === undefined ? [] : [{ assetId, name, outcome }],
  )
  if (assets.length === 0) return
  const count = (outcome: ImportLine['outcome']): number => assets.filter((one) => one.outcome === outcome).length
  await recordAudit(tx, {
    actor: importer.name,
    action: 'asset.import',
    target: `${assets.length} assets`,
    outcome: 'done',
    detail: { form, created: count('created'), updated: count('updated'), assets },
  })
}
