import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { Temporal } from 'temporal-polyfill'
import { readContent } from '@plumbline/scap'
import type { Context } from './context.ts'
import { predefinedRoles } from './auth/roles.ts'
import { hashPassword } from './auth/password.ts'
import type { Transaction } from './db/database.ts'
import { emptyJob, emptySchedule } from './jobs/job-definition.ts'
import { nextOccurrences } from './jobs/schedule.ts'
import { addAsset } from './store/assets.ts'
import { recordAudit } from './store/audit.ts'
import { assetTypes } from './api/asset-types.ts'
import { addAssetGroup } from './store/asset-groups.ts'
import { addContent, compileContent } from './store/contents.ts'
import { ensureFolder } from './store/folders.ts'
import { findJobByName, insertJob } from './store/jobs.ts'
import { saveRole } from './store/roles.ts'
import { addUser, setRoles } from './store/users.ts'

const contentFolder = join(import.meta.dirname, '../../../content')
const firstJob = 'Check this machine'
/** The profile that the first job checks. */
const firstProfile = 'essential'

/** The product's own jobs that have a meaning here, and when they run each night. */
const systemJobs = [
  { name: 'Report data synchronization', type: 'ReportDataSynchronizationJob', startDate: '2026-01-01T03:00:00' },
  { name: 'Production data purge', type: 'ProductionDataPurgeJob', startDate: '2026-01-01T04:00:00' },
] as const

export interface FirstStart {
  /** The generated password of `admin`; undefined when it was given, or set at an earlier start. */
  readonly generatedPassword: string | undefined
  /** The run of the first job; undefined at a later start. */
  readonly runId: string | undefined
}

/** Makes what a server needs to be useful; what is there already, also changed since, stays as it is. */
export async function prepareStore(context: Context): Promise<FirstStart> {
  const { config, database } = context
  const password = config.adminPassword ?? randomBytes(18).toString('base64url')
  const hash = await hashPassword(password)
  const contents = bundledContents()
  return database.kysely.transaction().execute(async (tx) => {
    for (const role of predefinedRoles) await saveRole(tx, { ...role, predefined: true })
    const folders = await ensureFolders(tx)
    const standards: string[] = []
    for (const content of contents) {
      standards.push(
        ...(await addContent(tx, compileContent(content), { folderId: folders.predefinedStandards, predefined: true })),
      )
    }
    for (const job of systemJobs) await ensureSystemJob(tx, job, config.timeZone)
    const madeAdmin = await ensureAdministrator(tx, hash)
    const assetId = await addAsset(tx, thisMachine(folders.assets))
    await ensurePredefinedGroups(tx, folders.assetSystem)
    const runId = assetId === undefined ? undefined : await startFirstJob(context, tx, assetId)
    return {
      generatedPassword: madeAdmin && config.adminPassword === undefined ? password : undefined,
      runId,
    }
  })
}

function bundledContents(): ReturnType<typeof readContent>[] {
  return readdirSync(contentFolder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('-ds.xml'))
    .toSorted()
    .map((file) => readContent({ name: file.replace(/^.*[/\\]/, ''), data: readFileSync(join(contentFolder, file)) }))
}

async function ensureFolders(tx: Transaction) {
  const assetSystem = await ensureFolder(tx, 'Asset System', true)
  const assets = await ensureFolder(tx, 'Asset System\\Assets', true)
  for (const path of ['Standards', 'Standards\\Predefined', 'Standards\\Imported']) await ensureFolder(tx, path, true)
  return { assetSystem, assets, predefinedStandards: await ensureFolder(tx, 'Standards\\Predefined\\Unix', true) }
}

async function ensureAdministrator(tx: Transaction, passwordHash: string): Promise<boolean> {
  const { count } = await tx
    .selectFrom('users')
    .select((select) => select.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  const id = Number(count) > 0 ? false : await addUser(tx, 'admin', passwordHash)
  if (id === false) return false
  await setRoles(tx, id, ['CCS Administrator'])
  await recordAudit(tx, { actor: 'first start', action: 'user.add', target: 'admin', outcome: 'done' })
  return true
}

function thisMachine(folderId: string): Parameters<typeof addAsset>[1] {
  const type = 'symc-csm-AssetSystem-Asset-Unix-Machine'
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
  return {
    type,
    displayName: hostname(),
    folderId,
    identity: `${type} local ${hostname()}`,
    attributes: {
      [`${type}-HostMachine`]: hostname(),
      [`${type}-IPAddress`]: addresses[0] ?? '127.0.0.1',
      [`${type}-IPAddresses`]: addresses,
    },
    address: { transport: 'local' },
  }
}

async function ensureSystemJob(
  tx: Transaction,
  { name, type, startDate }: (typeof systemJobs)[number],
  timeZone: string,
): Promise<void> {
  if ((await findJobByName(tx, name)) !== undefined) return
  const now = Temporal.Now.instant()
  const schedule = { ...emptySchedule(now), runPeriodically: true, startDate, runEveryNDays: true, repeatDays: 1 }
  const [next] = nextOccurrences(schedule, timeZone, now, 1)
  await insertJob(tx, {
    id: randomUUID(),
    type,
    category: 'System',
    members: { ...emptyJob, jobName: name, schedule },
    createdBy: 'system',
    nextRunAt: next?.toString({ fractionalSecondDigits: 3 }) ?? null,
  })
}

/** One for each type of asset, by its expression. */
async function ensurePredefinedGroups(tx: Transaction, folderId: string): Promise<void> {
  for (const { id, displayName, plural } of assetTypes) {
    await addAssetGroup(tx, {
      displayName: `All ${plural}`,
      description: `Every asset of the type ${displayName}.`,
      folderId,
      expression: `Type = ${id}`,
      predefined: true,
    })
  }
}

async function startFirstJob({ queue }: Context, tx: Transaction, assetId: string): Promise<string | undefined> {
  const standard = await tx
    .selectFrom('standards')
    .select('id')
    .where('profile_id', 'like', `%_profile_${firstProfile}`)
    .where('predefined', '=', true)
    .executeTakeFirst()
  if (standard === undefined || (await findJobByName(tx, firstJob)) !== undefined) return undefined
  const job = await insertJob(tx, {
    id: randomUUID(),
    type: 'CollectionEvaluationJob',
    category: 'User-defined',
    members: {
      ...emptyJob,
      jobName: firstJob,
      jobDescription: 'Made at the first start.',
      assetsResolutionInfo: [{ id: assetId, type: 'symc-csm-AssetSystem-Asset-Unix-Machine' }],
      standards: [standard.id],
      shouldSynchronizeResults: true,
    },
    createdBy: 'admin',
    nextRunAt: null,
  })
  const outcome = await queue.requestRun(tx, job, { trigger: 'request', requestedBy: 'admin' })
  return 'runId' in outcome ? outcome.runId : undefined
}
