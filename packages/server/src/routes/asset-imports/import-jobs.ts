import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import { inventoryForms, maxInventoryBytes } from '@plumbline/collect'
import type { InventoryForm } from '@plumbline/collect'
import { jobDetails, refusal } from '../../api/job-details.ts'
import { boolean, isGuid, object, text, textThat } from '../../api/json-reader.ts'
import type { Caller } from '../../auth/caller.ts'
import { reaches } from '../../auth/caller.ts'
import { defaultContainer, folderPath } from '../../imports/new-asset.ts'
import { defineOperation } from '../../context.ts'
import type { Context } from '../../context.ts'
import type { Transaction } from '../../db/database.ts'
import { RequestError } from '../../errors.ts'
import { expectOccurrence } from '../../jobs/dispatch.ts'
import { runOf } from '../../jobs/run-requests.ts'
import { assetImportJob, emptyJob } from '../../jobs/job-definition.ts'
import type { AssetImportSource, JobMembers } from '../../jobs/job-definition.ts'
import { saveInventory } from '../../store/asset-imports.ts'
import { recordAudit } from '../../store/audit.ts'
import { findFolder } from '../../store/folders.ts'
import { findForNewJob, lockJobToUpdate, saveUpdate } from '../../store/job-updates.ts'
import { findJob, insertJob, isNameTaken } from '../../store/jobs.ts'
import type { Job } from '../../store/jobs.ts'
import { firstOccurrence, nextRun, planJob, wantedBy } from '../jobs/job-plan.ts'
import { detailsOf, readDetails } from '../jobs/job-wire.ts'
import type { SentDetails } from '../jobs/job-wire.ts'
import { readBody, refuseInput } from '../jobs/request-body.ts'
import { folderSchema, formSchema, inventoryBodyBytes, inventorySchema } from './import-assets.ts'

const access = {
  tasks: ['View assets', 'Manage assets and asset groups', 'Manage jobs'],
  anyBelow: 'Asset System',
} as const

const isForm = (value: string): value is InventoryForm => (inventoryForms as readonly string[]).includes(value)
/** A path from the directory of inventories on; where it leads is looked at when it is read. */
const isRelative = (name: string): boolean =>
  name.length <= 400 && !/\p{C}/u.test(name) && !/^[/\\]|(?:^|[/\\])\.\.(?:[/\\]|$)/.test(name) && name.trim() !== ''

interface Sent {
  readonly jobDetails: Partial<SentDetails>
  readonly inventory: string
  readonly file: string
  readonly form: string
  readonly folder: string
  readonly groups: boolean
}

const readJob = object<Sent>({
  jobDetails: readDetails,
  inventory: textThat(
    (value) => value !== '' && Buffer.byteLength(value) <= maxInventoryBytes,
    `the text of an inventory, of at most ${maxInventoryBytes} bytes`,
  ),
  file: textThat(isRelative, 'a file below the directory of inventories, such as "web/hosts.ini"'),
  form: textThat(isForm, `one of ${inventoryForms.join(', ')}`),
  folder: text,
  groups: boolean,
})

const source = {
  inventory: Type.Optional(inventorySchema),
  file: Type.Optional(Type.String()),
  form: Type.Optional(formSchema),
  folder: Type.Optional(folderSchema),
  groups: Type.Optional(Type.Boolean()),
}
const body = Type.Object({ JobDetails: Type.Partial(jobDetails), ...source })

/** An asset import job is made here; it is searched, run, stopped and deleted with the operations for jobs. */
export const addImportJob = defineOperation({
  method: 'POST',
  path: '/api/v1/asset-import-jobs',
  summary: 'Create a job that imports assets from an inventory it holds, or from a file of the server',
  access,
  body,
  maxBodyBytes: inventoryBodyBytes,
  replies: { 201: Type.Object({ id: Type.String() }), 400: refusal, 403: refusal },
  async handler(context, { body: bytes, caller }) {
    const { sent = {} } = readBody(bytes, readJob)
    const details = sent.jobDetails ?? {}
    if (details.jobName === undefined) {
      throw refuseInput([{ member: 'JobDetails.JobName', value: null, allowed: 'a value: it is mandatory' }])
    }
    const known = await findForNewJob(context.database.kysely, wantedBy(details))
    const members = planJob(emptyJob, ofImports(details), known, caller)
    const id = randomUUID()
    const nextRunAt = firstOccurrence(members, context.config.timeZone, known.now)
    const runId = await orNameTaken(members, () =>
      context.database.kysely.transaction().execute(async (tx) => {
        const assetImport = await sourceOf(context, tx, sent, caller)
        const job = await insertJob(tx, {
          id,
          type: assetImportJob,
          category: 'User-defined',
          members: { ...members, assetImport },
          createdBy: caller.name,
          nextRunAt,
        })
        const detail = { name: members.jobName, type: assetImportJob, ...assetImport }
        await recordAudit(tx, { actor: caller.name, action: 'job.create', target: id, outcome: 'done', detail })
        const wish = { trigger: 'request', requestedBy: caller.name } as const
        return members.schedule?.runNow === true ? runOf(await context.queue.requestRun(tx, job, wish)) : undefined
      }),
    )
    expectOccurrence(context.alarm, nextRunAt, known.now)
    return { status: 201, body: { id }, runId }
  },
})

export const getImportJob = defineOperation({
  method: 'GET',
  path: '/api/v1/asset-import-jobs/:id',
  summary: 'An asset import job with its source and its schedule',
  access,
  replies: {
    200: Type.Object({
      id: Type.String(),
      createdBy: Type.String(),
      JobDetails: Type.Object({}, { additionalProperties: true }),
      nextRunAt: Type.Union([Type.String(), Type.Null()]),
      source: Type.Object({
        digest: Type.Optional(Type.String()),
        file: Type.Optional(Type.String()),
        form: Type.Optional(formSchema),
        folder: Type.Optional(Type.String()),
        groups: Type.Boolean(),
      }),
    }),
  },
  async handler(context, { caller, params }) {
    const job = await find(context, params['id'] ?? '')
    const { assetImport, ...members } = job.members
    // It names folders, files and whom to write to.
    const isMaker = job.createdBy.toLowerCase() === caller.name.toLowerCase()
    if (!isMaker && !reaches(caller, folderPath(assetImport?.folder ?? defaultContainer))) {
      throw new RequestError('forbidden')
    }
    const { JobName, JobDescription, Schedule, ...all } = detailsOf(members)
    const notifications = Object.entries(all).filter(([name]) => name.includes('Notification'))
    return {
      status: 200,
      body: {
        id: job.id,
        createdBy: job.createdBy,
        JobDetails: { JobName, JobDescription, Schedule, ...Object.fromEntries(notifications) },
        nextRunAt: nextRun(job),
        source: assetImport ?? { groups: false },
      },
    }
  },
})

/** What is sent replaces what is stored: of `inventory` and `file` the one that is sent takes the place of both. */
export const changeImportJob = defineOperation({
  method: 'PATCH',
  path: '/api/v1/asset-import-jobs/:id',
  summary: 'Change an asset import job',
  access,
  body,
  maxBodyBytes: inventoryBodyBytes,
  replies: { 204: null, 400: refusal, 403: refusal, 404: refusal },
  async handler(context, { body: bytes, caller, params }) {
    const { id } = await find(context, params['id'] ?? '')
    const { sent = {} } = readBody(bytes, readJob)
    const details = ofImports(sent.jobDetails ?? {})
    const { nextRunAt, now, runId } = await context.database.kysely.transaction().execute(async (tx) => {
      const found = await lockJobToUpdate(tx, id, wantedBy(details))
      if (found === undefined) throw new RequestError('job-not-found', { values: { JobID: id } })
      const { job } = found
      // The runs of a job have the rights of whoever made it, so nobody else may say what they do.
      if (job.createdBy.toLowerCase() !== caller.name.toLowerCase()) throw new RequestError('forbidden')
      const members = planJob(job.members, details, found, caller)
      const assetImport = await sourceOf(context, tx, sent, caller, job.members.assetImport)
      const first =
        details.schedule === undefined
          ? {}
          : { nextRunAt: firstOccurrence(members, context.config.timeZone, found.now) }
      await saveUpdate(tx, {
        job,
        members: { ...members, assetImport },
        ...first,
        audit: {
          actor: caller.name,
          action: 'job.update',
          target: id,
          outcome: 'done',
          detail: { details: Object.keys(details), ...assetImport },
        },
      })
      const isToRun = members.schedule?.runNow === true && details.schedule !== undefined
      const wish = { trigger: 'request', requestedBy: caller.name } as const
      const runId = isToRun ? runOf(await context.queue.requestRun(tx, job, wish)) : undefined
      return { ...first, now: found.now, runId }
    })
    expectOccurrence(context.alarm, nextRunAt, now)
    return { status: 204, runId }
  },
})

async function find({ database }: Context, id: string): Promise<Job> {
  const job = isGuid(id) ? await findJob(database.kysely, id.toLowerCase()) : undefined
  if (job?.type === assetImportJob) return job
  throw new RequestError('job-not-found', { values: { JobID: id.slice(0, 100) } })
}

/** Assets, standards and collection are nothing to an import. */
function ofImports(details: Partial<SentDetails>): Partial<SentDetails> {
  const ours = ['jobName', 'jobDescription', 'schedule']
  return Object.fromEntries(
    Object.entries(details).filter(([name]) => ours.includes(name) || name.endsWith('Notification')),
  )
}

async function sourceOf(
  { config }: Context,
  tx: Transaction,
  sent: Partial<Sent>,
  caller: Caller,
  before?: AssetImportSource,
): Promise<AssetImportSource> {
  const refuse = (member: string, value: string | null, allowed: string): RequestError =>
    refuseInput([{ member, value, allowed }])
  const { inventory, file } = sent
  if (inventory !== undefined && file !== undefined) {
    throw refuse('File', file, 'nothing beside an inventory: one of the two')
  }
  if (file !== undefined && config.inventoryDirectory === undefined) {
    throw refuse('File', file, 'an inventory: the server has no PLUMBLINE_INVENTORY_DIRECTORY')
  }
  if (inventory === undefined && file === undefined && before === undefined) {
    throw refuse('Inventory', null, 'the text of an inventory, or else a file')
  }
  const folder = sent.folder ?? before?.folder
  if (folder !== undefined) {
    const found = await findFolder(tx, folderPath(folder))
    if (found === undefined || !reaches(caller, found.path)) {
      throw refuse('Folder', folder, 'a folder below Asset System that you may use')
    }
  }
  const form = sent.form !== undefined && isForm(sent.form) ? sent.form : before?.form
  return {
    ...(await placeOf(tx, sent, before)),
    ...(form === undefined ? {} : { form }),
    ...(folder === undefined ? {} : { folder }),
    groups: sent.groups ?? before?.groups ?? false,
  }
}

async function placeOf(
  tx: Transaction,
  { inventory, file }: Partial<Sent>,
  before: AssetImportSource | undefined,
): Promise<Pick<AssetImportSource, 'digest' | 'file'>> {
  if (inventory !== undefined) return { digest: await saveInventory(tx, inventory) }
  if (file !== undefined) return { file }
  return before?.file === undefined ? { digest: before?.digest ?? '' } : { file: before.file }
}

async function orNameTaken<T>(members: JobMembers, store: () => Promise<T>): Promise<T> {
  try {
    return await store()
  } catch (error) {
    if (!isNameTaken(error)) throw error
    throw new RequestError('duplicate-name', { values: { name: members.jobName } })
  }
}
