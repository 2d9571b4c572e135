import { createHash } from 'node:crypto'
import { accessSync, constants, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Embedded databases as a first start has them when it begins to write: their tables, the queue's too, and no rows of ours. */
export interface Template {
  /** A data directory, to be copied. */
  readonly dataDirectory: string
  /** The same for a database in memory. */
  readonly archives: { readonly production: string; readonly reporting: string }
}

/** What decides how they look. */
const makers = [
  'db/open-pglite.ts',
  'db/migrate.ts',
  'db/testing-template-maker.ts',
  'db/migrations',
  'reporting/migrations',
  'jobs/queue.ts',
  'jobs/task-kinds.ts',
  '../../../package-lock.json',
]

let found: Promise<Template> | undefined

/** Made once, which takes many seconds, and kept for all tests until something changes that it is made from. */
export function embeddedTemplate(): Promise<Template> {
  found ??= findOrMake()
  return found
}

/** What is not there yet of the embedded databases of a data directory. */
export async function provideDatabases(dataDirectory: string): Promise<void> {
  const template = (await embeddedTemplate()).dataDirectory
  for (const name of ['production', 'reporting']) {
    if (!existsSync(join(dataDirectory, name))) {
      cpSync(join(template, name), join(dataDirectory, name), { recursive: true })
    }
  }
}

async function findOrMake(): Promise<Template> {
  const cache = cacheFolder()
  const folder = join(cache, `databases-${digest()}`)
  if (!existsSync(folder)) {
    removeOld(cache)
    const draft = mkdtempSync(join(cache, 'making-'))
    // Loaded by the one who needs it: it brings half of the server.
    const { makeTemplate } = await import('./testing-template-maker.ts')
    await makeTemplate(templateIn(draft))
    try {
      renameSync(draft, folder)
    } catch (error) {
      // Another process has made it meanwhile.
      rmSync(draft, { recursive: true })
      if (!existsSync(folder)) throw error
    }
  }
  return templateIn(folder)
}

const templateIn = (folder: string): Template => ({
  dataDirectory: join(folder, 'data'),
  archives: { production: join(folder, 'production.tar'), reporting: join(folder, 'reporting.tar') },
})

/** Goes with `npm ci`. */
function cacheFolder(): string {
  const modules = join(import.meta.dirname, '../../../../node_modules')
  try {
    accessSync(modules, constants.W_OK)
    mkdirSync(join(modules, '.cache/plumbline'), { recursive: true })
    return join(modules, '.cache/plumbline')
  } catch {
    // Somebody else's: then each process makes its own.
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-template-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    return folder
  }
}

function digest(): string {
  const hash = createHash('sha256')
  const add = (path: string): void => {
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).toSorted()) add(join(path, name))
    else hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
  }
  for (const maker of makers) add(join(import.meta.dirname, '..', maker))
  return hash.digest('hex').slice(0, 16)
}

const dayMs = 24 * 3600 * 1000

/** Those of other releases, and what was left in the middle. */
function removeOld(cache: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name)
    if (Date.now() - statSync(path).mtimeMs > dayMs) rmSync(path, { recursive: true, force: true })
  }
}
