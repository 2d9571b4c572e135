import { Temporal } from 'temporal-polyfill'
import { isGuid } from '../../api/json-reader.ts'
import { reaches } from '../../auth/caller.ts'
import type { Caller } from '../../auth/caller.ts'
import { RequestError } from '../../errors.ts'
import { applyChanges } from '../../jobs/job-definition.ts'
import type { JobChanges, JobMembers } from '../../jobs/job-definition.ts'
import { findBadAddresses, findMissing, findRangeProblems } from '../../jobs/job-rules.ts'
import type { Problem } from '../../jobs/job-rules.ts'
import { occurrences } from '../../jobs/schedule.ts'
import type { Reference, References } from '../../store/job-updates.ts'
import type { Job } from '../../store/jobs.ts'
import { changesOf, wireName } from './job-wire.ts'
import type { SentDetails } from './job-wire.ts'
import { refuseInput, refuseValues } from './request-body.ts'

/** What the database knew when it was asked. */
export interface Known {
  readonly now: string
  readonly nameIsTaken: boolean
  readonly references: References
}

/**
 * The job as it will be, or the refusal: name, then ranges, then what is missing, then what cannot be resolved. Create
 * and Update share it: to create a job is to change one that says nothing.
 */
export function planJob(stored: JobMembers, sent: Partial<SentDetails>, known: Known, caller: Caller): JobMembers {
  if (known.nameIsTaken) throw new RequestError('duplicate-name', { values: { name: sent.jobName ?? '' } })
  const changes = changesOf(sent, Temporal.Instant.from(known.now))
  refuseIf(findRangeProblems(changes), refuseValues)
  const planned = applyChanges(stored, resolveTypes(changes, known.references))
  refuseIf([...findMissing(planned), ...findEmptyLists(changes)], refuseInput)
  refuseIf(findBadAddresses(planned), refuseValues)
  refuseIf(findUnresolved(stored, changes, known.references, caller), refuseInput)
  return planned
}

function refuseIf(problems: readonly Problem[], refuse: (problems: readonly Problem[]) => RequestError): void {
  if (problems.length === 0) return
  throw refuse(problems.map((problem) => ({ ...problem, member: wireName(problem.member) })))
}

/** A job that checks nothing, or against nothing, would look like one that finds nothing. */
function findEmptyLists({ assetsResolutionInfo, standards }: JobChanges): Problem[] {
  const problems: Problem[] = []
  if (assetsResolutionInfo?.length === 0) {
    problems.push({ member: 'assetsResolutionInfo', value: [], allowed: 'at least one asset or asset group' })
  }
  if (standards?.length === 0) problems.push({ member: 'standards', value: [], allowed: 'at least one standard' })
  return problems
}

/**
 * Ids that stand for nothing, or for something in a folder on which the caller has no permission: to the caller these
 * are the same. What the job has already stays without being looked at, so that a job can be sent back as it was read.
 */
function findUnresolved(
  stored: JobMembers,
  { assetsResolutionInfo = [], standards = [] }: JobChanges,
  references: References,
  caller: Caller,
): Problem[] {
  const problems: Problem[] = []
  const check = (ids: readonly string[], had: readonly string[], found: readonly Reference[], nouns: string): void => {
    const usable = new Set(had)
    for (const { id, path } of found) if (reaches(caller, path)) usable.add(id)
    for (const [index, id] of ids.entries()) {
      if (usable.has(id)) continue
      const [member, noun] = nouns.split(':')
      const value = id === '' ? null : id
      problems.push({ member: `${member}[${index}]`, value, allowed: `the id of ${noun} that you may use` })
    }
  }
  check(
    assetsResolutionInfo.map(({ id }) => id),
    stored.assetsResolutionInfo.map(({ id }) => id),
    references.assets,
    'assetsResolutionInfo:an asset or asset group',
  )
  check(standards, stored.standards, references.standards, 'standards:a standard')
  return problems
}

/** An element that does not say its type gets its asset's. */
function resolveTypes(changes: JobChanges, { assets }: References): JobChanges {
  if (changes.assetsResolutionInfo === undefined) return changes
  const types = new Map(assets.map(({ id, type }) => [id, type === '' ? assetGroupType : type]))
  return {
    ...changes,
    assetsResolutionInfo: changes.assetsResolutionInfo.map(({ id, type }) => ({
      id,
      type: type === '' ? (types.get(id) ?? '') : type,
    })),
  }
}

export const assetGroupType = 'symc-csm-AssetSystem-AssetGroup'

/** The ids to ask the database about. */
export function wantedBy(sent: Partial<SentDetails>): {
  readonly name: string | undefined
  readonly assetIds: readonly string[]
  readonly standardIds: readonly string[]
} {
  return {
    name: sent.jobName,
    assetIds: (sent.assetsResolutionInfo ?? []).map(({ id }) => id ?? '').filter(isGuid),
    standardIds: sent.standards ?? [],
  }
}

/** The first occurrence from now on, as the database keeps it. */
export function firstOccurrence({ schedule }: JobMembers, timeZone: string, now: string): string | null {
  return nextDates({ schedule }, timeZone, now, 1)[0] ?? null
}

/** ISO 8601 in UTC. */
export function nextDates(
  { schedule }: Pick<JobMembers, 'schedule'>,
  timeZone: string,
  now: string,
  count: number,
): string[] {
  if (schedule === null) return []
  // The database counts microseconds, occurrences milliseconds: one that begins now has not passed.
  const from = Temporal.Instant.from(now).round({ smallestUnit: 'millisecond', roundingMode: 'floor' })
  return occurrences(schedule, timeZone, from, count).map((instant) => instant.toString({ fractionalSecondDigits: 3 }))
}

/** By the schedule, or of what the last run left incomplete: whichever comes first. */
export function nextRun({ nextRunAt, rerunAt }: Pick<Job, 'nextRunAt' | 'rerunAt'>): string | null {
  if (nextRunAt === null || rerunAt === null) return nextRunAt ?? rerunAt
  return Date.parse(rerunAt) < Date.parse(nextRunAt) ? rerunAt : nextRunAt
}

/** The dates of a schedule, and before them the rerun that comes before them: the first of them would take its place. */
export function datesWithRerun(dates: readonly string[], rerunAt: string | null): readonly string[] {
  const [first = null] = dates
  if (rerunAt === null || nextRun({ nextRunAt: first, rerunAt }) !== rerunAt) return dates
  return [Temporal.Instant.from(rerunAt).toString({ fractionalSecondDigits: 3 }), ...dates]
}
