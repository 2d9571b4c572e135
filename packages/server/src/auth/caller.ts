import type { Access } from '../api/operation.ts'
import { RequestError } from '../errors.ts'

/** Who is calling, with what the roles permit and the folders (lower case, each reaching what is below it). */
export interface Caller {
  readonly id: string
  readonly name: string
  /** Lower case. */
  readonly tasks: ReadonlySet<string>
  readonly folders: readonly string[]
}

/** For operations that ask for no token. */
export const nobody: Caller = { id: '', name: '', tasks: new Set(), folders: [] }

/** Throws `forbidden` unless the caller has every task and every folder. Roles alone give no right on folders. */
export function authorise(caller: Caller, access: Access): void {
  if (typeof access === 'string') return
  const missing =
    access.tasks.some((task) => !caller.tasks.has(task.toLowerCase())) ||
    (access.folders ?? []).some((folder) => !reaches(caller, folder)) ||
    (access.anyBelow !== undefined && !seesBelow(caller, access.anyBelow))
  if (missing) throw new RequestError('forbidden')
}

/** Whether the caller has a permission on the folder, directly or by one above it. */
export function reaches(caller: Pick<Caller, 'folders'>, folder: string): boolean {
  const path = folder.toLowerCase()
  return caller.folders.some((granted) => path === granted || path.startsWith(`${granted}\\`))
}

function seesBelow(caller: Caller, root: string): boolean {
  const top = root.toLowerCase()
  return reaches(caller, root) || caller.folders.some((granted) => granted.startsWith(`${top}\\`))
}
