import { open, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { maxInventoryBytes } from '@plumbline/collect'
import type { Transaction } from '../db/database.ts'
import { importAssets } from '../imports/import-assets.ts'
import type { ImportReport } from '../imports/import-assets.ts'
import { lockRun } from '../jobs/run-transitions.ts'
import { RunStopped } from '../jobs/run-watch.ts'
import { loadInventory } from '../store/asset-imports.ts'
import { foldersOfAccount } from '../store/run-inputs.ts'
import type { RunSnapshot } from './run-snapshot.ts'
import type { TaskContext } from './task-context.ts'

interface Imported {
  readonly text: string
  /** Line by line. */
  readonly more: readonly string[]
  readonly status: 'Completed' | 'Completed with errors' | 'Failed'
}

const mostMessages = 1000

/**
 * What an asset import job does: with the permissions of whoever made the job, as they are now. Each part that it writes
 * belongs to the run while that is under way, and a message of the run tells how far it has come; in the transaction that
 * ends the run the report takes its place.
 */
export async function runAssetImport(
  context: TaskContext,
  runId: string,
  { definition, createdBy }: RunSnapshot,
  signal: AbortSignal,
): Promise<Imported | ((tx: Transaction) => Promise<Imported>)> {
  const { kysely } = context.database
  const source = definition.assetImport
  if (source === undefined) return failed('The job says no inventory; make it again.')
  const folders = await foldersOfAccount(kysely, createdBy)
  if (folders === undefined) return failed(`The account ${createdBy}, which made this job, does not exist any more.`)
  let text: string | undefined
  try {
    text =
      source.file === undefined
        ? await loadInventory(kysely, source.digest ?? '')
        : await readBelow(context.settings.inventoryDirectory, source.file)
  } catch (error) {
    return failed(error instanceof InventoryUnreadable ? error.message : `${source.file}: it cannot be read.`)
  }
  if (text === undefined) return failed('The inventory of the job is not there any more; send it again.')
  const reaches = (path: string): boolean =>
    folders.some((folder) => path.toLowerCase() === folder || path.toLowerCase().startsWith(`${folder}\\`))
  const inventory = { ...source, text }
  const progress = new Progress(runId)
  const heed = async (tx: Transaction, done: number, total: number): Promise<void> => {
    // At last: whoever wants to stop the run does not wait for the part.
    const run = await lockRun(tx, runId)
    if (run?.status !== 'Executing') throw new RunStopped()
    signal.throwIfAborted()
    await progress.say(tx, `Imported: ${done} of ${total} machines. They stay; the next try or run goes on from there.`)
  }
  const report = await importAssets(kysely, inventory, { name: createdBy, reaches, signal, heed })
  return async (tx) => {
    await progress.forget(tx)
    return told(report)
  }
}

const failed = (message: string): Imported => ({ text: message, more: [], status: 'Failed' })

function told(report: ImportReport): Imported {
  const { created, updated, unchanged, refused, passedOver } = report
  const isWhole = refused === 0 && report.groups.every(({ outcome }) => outcome !== 'refused')
  const isEmpty = created + updated + unchanged === 0
  const lines = report.lines
    .filter(({ outcome }) => outcome !== 'unchanged')
    // What was refused is told even where not everything is.
    .toSorted((one, other) => Number(other.outcome === 'refused') - Number(one.outcome === 'refused'))
    .slice(0, mostMessages)
    .map(({ line, name, outcome, text }) => {
      const subject = name === '' ? '' : ` ${name}`
      return `Line ${line}:${subject} ${outcome}${text === undefined ? '' : `: ${text}`}.`
    })
  const groups = report.groups
    .filter(({ outcome }) => outcome !== 'unchanged')
    .map(
      ({ name, members, outcome, text }) =>
        `Group ${name} (${members}) ${outcome}${text === undefined ? '' : `: ${text}`}.`,
    )
  return {
    text: `Created: ${created}, updated: ${updated}, unchanged: ${unchanged}, refused: ${refused}, passed over: ${passedOver}.`,
    more: [...lines, ...groups],
    status: isWhole ? 'Completed' : isEmpty ? 'Failed' : 'Completed with errors',
  }
}

/** One message of a run, written anew with each step. That of a try that was lost stays. */
class Progress {
  readonly #runId: string
  #seq: string | undefined

  constructor(runId: string) {
    this.#runId = runId
  }

  async say(tx: Transaction, text: string): Promise<void> {
    await this.forget(tx)
    const row = await tx
      .insertInto('job_run_messages')
      .values({ run_id: this.#runId, phase: 'run', text })
      .returning('seq')
      .executeTakeFirstOrThrow()
    this.#seq = row.seq
  }

  async forget(tx: Transaction): Promise<void> {
    if (this.#seq === undefined) return
    await tx.deleteFrom('job_run_messages').where('run_id', '=', this.#runId).where('seq', '=', this.#seq).execute()
  }
}

class InventoryUnreadable extends Error {}

/** A file that lies in the directory: no link and no `..` leads out of it. */
async function readBelow(directory: string | undefined, name: string): Promise<string> {
  if (directory === undefined) {
    throw new InventoryUnreadable('No directory of inventories is configured here. Set PLUMBLINE_INVENTORY_DIRECTORY.')
  }
  const fail = (why: string): InventoryUnreadable => new InventoryUnreadable(`The inventory ${name} ${why}.`)
  const root = await realpath(directory).catch(() => undefined)
  const path = root === undefined ? undefined : await realpath(join(root, name)).catch(() => undefined)
  if (root === undefined || path === undefined || !path.startsWith(root + sep)) {
    throw fail('is not below the directory of inventories')
  }
  const file = await open(path, 'r')
  try {
    const status = await file.stat()
    if (!status.isFile()) throw fail('is no file')
    if (status.size > maxInventoryBytes) throw fail(`is larger than ${maxInventoryBytes / 1024 / 1024} MB`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}
