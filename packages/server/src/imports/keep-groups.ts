import type { Transaction } from '../db/database.ts'
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

/**
 * The groups of an inventory as asset groups of the folder: their members become those of the inventory. A group that
 * somebody made by hand is left alone, whatever its name.
 */
export async function keepGroups(
  tx: Transaction,
  {
    members,
    folder: path,
    importer,
    dryRun,
  }: {
    /** Of each asset, the groups that it is in. */
    readonly members: ReadonlyMap<string, readonly string[]>
    readonly folder: string
    readonly importer: Importer
    readonly dryRun: boolean
  },
): Promise<GroupOutcome[]> {
  const wanted = new Map<string, string[]>()
  for (const [asset, groups] of members) {
    for (const name of groups) {
      const listed = wanted.get(name)
      if (listed === undefined) wanted.set(name, [asset])
      else listed.push(asset)
    }
  }
  const folder = await lockFolder(tx, path)
  const outcomes: GroupOutcome[] = []
  for (const [name, assets] of wanted) {
    importer.signal?.throwIfAborted()
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
