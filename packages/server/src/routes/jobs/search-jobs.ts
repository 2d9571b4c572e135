import type { Temporal } from 'temporal-polyfill'
import { jobOrJobs, refusal } from '../../api/job-details.ts'
import type { Reply } from '../../api/operation.ts'
import type { Condition } from '../../api/search-expression.ts'
import { defineOperation } from '../../context.ts'
import type { Context } from '../../context.ts'
import { RequestError } from '../../errors.ts'
import { parseJobType } from '../../jobs/job-definition.ts'
import { parseStartDate } from '../../jobs/schedule.ts'
import { findJobByName, searchJobs as searchStoredJobs } from '../../store/jobs.ts'
import type { JobCondition, TextColumn, TimeColumn } from '../../store/jobs.ts'
import { readExpression, readPage, refuse } from '../search-parameters.ts'
import { etagOf } from './entity-tag.ts'
import { toSeeJobs } from './job-access.ts'
import { describeJobs } from './job-data.ts'

/** Search Job by Name and Search Jobs: one address, told apart by the parameter that is there. */
export const searchJobs = defineOperation({
  method: 'GET',
  path: '/ccs/api/v1/jobs',
  summary: 'One job by its name, or the jobs that match an expression',
  access: toSeeJobs,
  query: {
    jobname: { description: 'the exact name of one job' },
    Attributes: {
      description: 'search expression over JobName, JobID, JobCategory, JobType, the times and LastRunStatus',
    },
    page: { description: 'from 0' },
    pagesize: { description: '1 to 1000; 100 without it' },
  },
  replies: { 200: jobOrJobs, 400: refusal, 403: refusal, 404: refusal },
  async handler(context, { query }) {
    const name = query.get('jobname')
    return name === undefined ? search(context, query) : findByName(context, name)
  },
})

async function findByName(context: Context, name: string): Promise<Reply> {
  const db = context.database.kysely
  const job = await findJobByName(db, name)
  if (job === undefined)
    throw new RequestError('not-found', { message: `Job for specified JobName '${name}' not found.` })
  const [body] = await describeJobs(db, [job])
  return { status: 200, headers: { etag: etagOf(job.revision) }, body }
}

async function search(context: Context, query: ReadonlyMap<string, string>): Promise<Reply> {
  const db = context.database.kysely
  const { page, pageSize } = readPage(query)
  const [conditions = []] = readExpression(query, jobAttributes)
  const { timeZone } = context.config
  const { jobs, total } = await searchStoredJobs(db, {
    conditions: conditions.map((condition) => asCondition(condition, timeZone)),
    page,
    pageSize,
  })
  return {
    status: 200,
    body: {
      jobDataList: await describeJobs(db, jobs),
      TotalPages: Math.ceil(total / pageSize),
      TotalRecords: total,
    },
  }
}

const jobAttributes = [
  'JobName',
  'JobID',
  'JobCategory',
  'JobType',
  'JobCreationTime',
  'JobModifiedTime',
  'LastRunStatus',
  'LastRunDate',
]

const texts: Readonly<Record<string, TextColumn>> = {
  jobname: 'name',
  jobid: 'id',
  jobcategory: 'category',
  jobtype: 'type',
  lastrunstatus: 'lastRunStatus',
}

const times: Readonly<Record<string, TimeColumn>> = {
  jobcreationtime: 'createdAt',
  jobmodifiedtime: 'modifiedAt',
  lastrundate: 'lastRunAt',
}

function asCondition({ attribute, operator, value }: Condition, timeZone: string): JobCondition {
  const text = texts[attribute]
  if (text !== undefined) {
    // A data collection job may be asked for by the name that Create Job has for it.
    const wanted = text === 'type' ? (parseJobType(value) ?? value) : value
    return { kind: 'text', column: text, operator, value: wanted }
  }
  const column = times[attribute] ?? 'createdAt'
  const [from, before] = spanOf(value, timeZone) ?? []
  if (from === undefined || before === undefined) {
    throw refuse(attribute, value, 'an ISO 8601 date, or a date and time')
  }
  switch (operator) {
    case '=':
      return { kind: 'time', column, from, before }
    case '!=':
      return { kind: 'time', column, from, before, not: true }
    case '>':
      return { kind: 'time', column, from: before }
    case '>=':
      return { kind: 'time', column, from }
    case '<':
      return { kind: 'time', column, before: from }
    case '<=':
      return { kind: 'time', column, before }
    case 'Contains':
    case 'StartsWith':
    case 'EndsWith':
      throw refuse(attribute, operator, '=, !=, >, <, >= or <= for a time')
  }
}

/** What a date or time stands for, as finely as it is written: a day, a minute, a second or a part of one. */
function spanOf(value: string, timeZone: string): readonly [from: string, before: string] | undefined {
  const from = parseStartDate(value, timeZone)
  if (from === undefined) return undefined
  const local = from.toZonedDateTimeISO(timeZone)
  const [, seconds, fraction] = /^[\d-]+(?:[T ]\d\d:\d\d(:\d\d(\.\d+)?)?.*)?$/i.exec(value) ?? []
  let before: Temporal.ZonedDateTime
  if (value.length === 'yyyy-mm-dd'.length) before = local.add({ days: 1 })
  else if (seconds === undefined) before = local.add({ minutes: 1 })
  else before = fraction === undefined ? local.add({ seconds: 1 }) : local.add({ microseconds: 1 })
  return [databaseTime(from), databaseTime(before.toInstant())]
}

/** Databases end where years need more than four digits, or a sign. */
function databaseTime(instant: Temporal.Instant): string {
  const text = instant.toString()
  if (/^(?!0000)\d{4}-/.test(text)) return text
  return instant.epochMilliseconds < 0 ? '-infinity' : 'infinity'
}
