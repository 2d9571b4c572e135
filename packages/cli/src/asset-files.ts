import { createHash } from 'node:crypto'
import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from './failure.ts'
import type { ReportFiles } from './reports.ts'

type Files = ReportFiles & { readonly evidence?: string }

const endings: Readonly<Record<keyof Files, string>> = {
  results: '.xml',
  arf: '.arf.xml',
  ovalResults: '.oval',
  html: '.html',
  json: '.json',
  csv: '.csv',
  junit: '.junit.xml',
  ohdf: '.ohdf.json',
  evidence: '.evidence.json',
}

/** The files for each of several assets, by its name, in the folders that the options name; made where they are not there. */
export function filesOfAssets(names: readonly string[], folders: Files): (name: string) => Files {
  const places = (Object.entries(endings) as [keyof Files, string][]).flatMap(([kind, ending]) => {
    const folder = folders[kind]
    return folder === undefined ? [] : [{ kind, ending, folder, itself: makeFolder(folder) }]
  })
  const fileNames = fileNamesOf(names, (fileName) =>
    places.map(({ itself, ending }) => join(itself, fileName + ending)),
  )
  return (name) => {
    const of = (folder: string, ending: string): string => join(folder, `${fileNames.get(name)}${ending}`)
    return Object.fromEntries(places.map(({ kind, ending, folder }) => [kind, of(folder, ending)]))
  }
}

/** Its path without links: two options may name one folder in different words. */
function makeFolder(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true })
    return realpathSync(folder)
  } catch (error) {
    throw new Failure(`with several assets, ${folder} has to be a folder`, { cause: error })
  }
}

/**
 * No two assets have a file in common, also to a file system for which upper and lower case are the same: a name that would
 * gets a digest. With its new files it may meet one that had none in common before.
 */
function fileNamesOf(
  names: readonly string[],
  filesFor: (fileName: string) => readonly string[],
): ReadonlyMap<string, string> {
  const fileNames = new Map(names.map((name) => [name, asFileName(name)]))
  for (;;) {
    const owners = new Map<string, Set<string>>()
    for (const [name, fileName] of fileNames) {
      for (const file of filesFor(fileName)) {
        const key = file.normalize().toLowerCase()
        owners.set(key, (owners.get(key) ?? new Set()).add(name))
      }
    }
    const sharing = new Set([...owners.values()].filter(({ size }) => size > 1).flatMap((some) => [...some]))
    const plain = [...sharing].filter((name) => fileNames.get(name) === asFileName(name))
    if (plain.length === 0) return fileNames
    for (const name of plain) fileNames.set(name, `${asFileName(name)}-${digest(name)}`)
  }
}

/** A name is the operator's or an inventory's; it must not lead anywhere else. */
const asFileName = (name: string): string => name.replace(/[^\p{L}\p{M}\p{N}_.@-]+/gu, '_').replace(/^\.+/, '_')

const digest = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 8)
