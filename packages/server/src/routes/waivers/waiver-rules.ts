import { Type } from 'typebox'
import { isGuid } from '../../api/json-reader.ts'
import { authorise, reaches } from '../../auth/caller.ts'
import type { Caller } from '../../auth/caller.ts'
import type { Database } from '../../db/database.ts'
import { RequestError } from '../../errors.ts'
import { findWaivers, waiverStates } from '../../store/waivers.ts'
import type { Waiver } from '../../store/waivers.ts'

const textOrNull = Type.Union([Type.String(), Type.Null()])
const instant = Type.String({ format: 'date-time' })
const instantOrNull = Type.Union([instant, Type.Null()])

export const stateSchema = Type.Union(waiverStates.map((state) => Type.Literal(state)))

export const waiverSchema = Type.Object({
  id: Type.String({ format: 'uuid' }),
  state: stateSchema,
  standardId: Type.String(),
  standardTitle: Type.String(),
  ruleId: Type.String(),
  ruleTitle: Type.String(),
  scope: Type.Union([Type.Literal('asset'), Type.Literal('group'), Type.Literal('all')]),
  assetId: textOrNull,
  assetName: textOrNull,
  assetGroupId: textOrNull,
  assetGroupName: textOrNull,
  folder: textOrNull,
  reason: Type.String(),
  startsAt: instant,
  endsAt: instant,
  requestedBy: Type.String(),
  requestedAt: instant,
  decidedBy: textOrNull,
  decidedAt: instantOrNull,
  comment: Type.String(),
  endedBy: textOrNull,
  endedAt: instantOrNull,
  reach: Type.Array(Type.String(), { description: 'the folders of assets that it reaches, once approved' }),
})

/** What holds for all assets concerns everyone; of the rest one sees what one has a permission on. */
export function mayTouch(caller: Caller, { scope, folder }: Pick<Waiver, 'folder' | 'scope'>): boolean {
  return scope === 'all' || (folder !== null && reaches(caller, folder))
}

/** The waiver that is named, if the caller may touch it. */
export async function waiverFor(db: Database['kysely'], caller: Caller, id: string | undefined): Promise<Waiver> {
  const [waiver] = id !== undefined && isGuid(id) ? await findWaivers(db, [id.toLowerCase()]) : []
  if (waiver !== undefined && mayTouch(caller, waiver)) return waiver
  throw new RequestError('not-found', { message: `There is no waiver ${(id ?? '').slice(0, 100)}.` })
}

/** What holds for all assets is decided by those who may use all of them. */
export function authoriseDecision(caller: Caller, { scope }: Waiver): void {
  authorise(caller, { tasks: ['Manage Exceptions'], ...(scope === 'all' ? { folders: ['Asset System'] } : {}) })
}

/** The same again, as it is after a change. */
export async function reread(db: Database['kysely'], id: string): Promise<Waiver> {
  const [waiver] = await findWaivers(db, [id])
  if (waiver === undefined) throw new Error(`the waiver ${id} is missing`)
  return waiver
}

/** Why a waiver cannot be moved from where it is. */
export function refuseMove({ id, state }: Waiver, wanted: string): RequestError {
  return new RequestError('invalid-request', { message: `The waiver ${id} is ${state}; it cannot be ${wanted}.` })
}
