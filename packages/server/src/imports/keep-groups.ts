import type { Kysely } from 'kysely'
import type { Transaction } from '../db/database.ts'
import type { Tables } from '../db/schema.ts'
import { addImportedGroup, findGroupInFolder } from '../store/asset-imports.ts'
import { setMembers } from '../store/asset-groups.ts'
import { lockFolder } from '../store/folders.ts'
import type { Importer } from './import-assets.ts'

export interface GroupOutcome {
  readonly name: string
  readonly members: number
  readonly outcome: 'created' | 'refused' | 'unchanged' | 'updated'
  readonly text?: string
}

interface GroupsToKeep {
  /** Of each asset, the groups that it is in. */
  readonly members: ReadonlyMap<string, readonly string[]>
  readonly folder: string
  readonly importer: Importer
  readonly dryRun: boolean
}

type WantedGroup = readonly [name: string, assets: readonly string[]]

/**
 * The groups of an inventory as asset groups of the folder: their members become those of the inventory. A group that
 * somebody made by hand is left alone, whatever its name. Each is written whole, several in one transaction.
 */
export async function keepGroups(db: Kysely<Tables>, groups: GroupsToKeep): Promise<GroupOutcome[]> {
  const { members, importer, dryRun } = groups
  const wanted = new Map<string, string[]>()
  for (const [asset, names] of members) {
    for (const name of names) {
      const listed = wanted.get(name)
      if (listed === undefined) wanted.set(name, [asset])
      else listed.push(asset)
    }
  }
  const outcomes: GroupOutcome[] = []
  for (const part of inParts([...wanted])) {
    importer.signal?.throwIfAborted()
    const kept = await db.transaction().execute(async (tx) => {
      const told = await keepPart(tx, groups, part)
      if (!dryRun) await importer.heed?.(tx, members.size, members.size)
      return told
    })
    outcomes.push(...kept)
  }
  return outcomes
}

/** Groups of so many members, and so many groups, are kept in one transaction; a larger one is alone. */
const mostMembers = 2000
const mostGroups = 100

function* inParts(wanted: readonly WantedGroup[]): Generator<WantedGroup[]> {
  let part: WantedGroup[] = []
  let size = 0
  for (const group of wanted) {
    const [, assets] = group
    if (part.length > 0 && (part.length === mostGroups || size + assets.length > mostMembers)) {
      yield part
      part = []
      size = 0
    }
    part.push(group)
    size += assets.length
  }
  if (part.length > 0) yield part
}

async function keepPart(
  tx: Transaction,
  { folder: path, importer, dryRun }: GroupsToKeep,
  part: readonly WantedGroup[],
): Promise<GroupOutcome[]> {
  const folder = await lockFolder(tx, path)
  const outcomes: GroupOutcome[] = []
  for (const [name, assets] of part) {
    const told = { name, members: assets.length }
    if (folder === undefined || !importer.reaches(folder.path)) {
      outcomes.push({ ...told, outcome: 'refused', text: `${path} is no folder that you may use` })
      continue
    }
    const known = await findGroupInFolder(tx, folder.id, name)
    if (known?.imported === false) {
      const text = 'the folder has a group of this name that no import made; rename one of the two'
      outcomes.push({ ...told, outcome: 'refused', text })
    } else if (known !== undefined && known.members.join() === assets.toSorted().join()) {
      outcomes.push({ ...told, outcome: 'unchanged' })
    } else {
      if (!dryRun) await setMembers(tx, known?.id ?? (await addImportedGroup(tx, folder.id, name)), assets)
      outcomes.push({ ...told, outcome: known === undefined ? 'created' : 'updated' })
    }
  }
  return outcomes
}
