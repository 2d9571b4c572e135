import { Type } from 'typebox'
import type { Transaction } from '../../db/database.ts'
import { RequestError, type Detail } from '../../errors.ts'
import { countUsersWithTask, setFolders, setRoles } from '../../store/users.ts'

export const nameSchema = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: String.raw`^[^\u0000-\u001f\u007f&=]+$`,
})
export const passwordSchema = Type.String({ minLength: 12, maxLength: 1000, pattern: String.raw`^[^\u0000]*$` })
export const namesSchema = Type.Array(Type.String({ maxLength: 400, pattern: String.raw`^[^\u0000]*$` }), {
  maxItems: 200,
})

/** Replaces roles and folders where they are given; a name that does not exist refuses the whole change. */
export async function setPermissions(
  tx: Transaction,
  userId: string,
  {
    roles,
    folders,
  }: { readonly roles?: readonly string[] | undefined; readonly folders?: readonly string[] | undefined },
): Promise<void> {
  const details: Detail[] = []
  for (const role of roles === undefined ? [] : await setRoles(tx, userId, roles)) {
    details.push({ Member: 'roles', Value: role, Allowed: 'a role of GET /api/v1/roles' })
  }
  for (const folder of folders === undefined ? [] : await setFolders(tx, userId, folders)) {
    details.push({ Member: 'folders', Value: folder, Allowed: 'the path of an existing folder' })
  }
  if (details.length > 0) throw new RequestError('invalid-request', { details })
}

/** Nobody could ever undo the change that takes away the last one. */
export async function keepOneAdministrator(tx: Transaction): Promise<void> {
  if ((await countUsersWithTask(tx, 'Manage Users')) > 0) return
  throw new RequestError('invalid-request', {
    message: 'At least one enabled account must keep a role with the task Manage Users.',
  })
}
