import { isDeepStrictEqual } from 'node:util'
import { createHash } from 'node:crypto'
import type { JobDetails } from '../../api/job-details.ts'

/** One member that an update changes, named as the wire names it: `JobName`, `Schedule.RepeatDays`. */
export interface Change {
  readonly Field: string
  readonly From: unknown
  readonly To: unknown
}

/** Field by field; an object that appears or goes is one change. */
export function changesBetween(before: JobDetails, after: JobDetails): Change[] {
  return compare('', before, after)
}

function compare(place: string, before: object, after: object): Change[] {
  const was = new Map<string, unknown>(Object.entries(before))
  const changes: Change[] = []
  for (const [name, To] of Object.entries(after) as [string, unknown][]) {
    const From = was.get(name)
    const Field = `${place}${name}`
    if (isDeepStrictEqual(From, To)) continue
    if (isPlainObject(From) && isPlainObject(To)) changes.push(...compare(`${Field}.`, From, To))
    else changes.push({ Field, From, To })
  }
  return changes
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const maxAuditedBytes = 4096

/** For the audit trail, which is kept for ever: long lists and texts are named by their digest. */
export function auditedChanges(changes: readonly Change[]): Change[] {
  return changes.map(({ Field, From, To }) => ({ Field, From: digestIfLong(From), To: digestIfLong(To) }))
}

function digestIfLong(value: unknown): unknown {
  const json = JSON.stringify(value)
  if (json.length <= maxAuditedBytes) return value
  return { length: json.length, sha256: createHash('sha256').update(json).digest('hex') }
}
