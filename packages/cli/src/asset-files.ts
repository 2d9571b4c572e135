import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
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
  const fileNames = fileNamesOf(names)
  return (name) => {
    const files: Partial<Record<keyof Files, string>> = {}
    for (const [kind, ending] of Object.entries(endings) as [keyof Files, string][]) {
      const folder = folders[kind]
      if (folder === undefined) continue
      try {
        mkdirSync(folder, { recursive: true })
      } catch (error) {
        throw new Failure(`with several assets, ${folder} has to be a folder`, { cause: error })
      }
      files[kind] = join(folder, `${fileNames.get(name)}${ending}`)
    }
    return files
  }
}

/** No two are the same, also to a file system for which upper and lower case are. */
function fileNamesOf(names: readonly string[]): ReadonlyMap<string, string> {
  const withSame = Map.groupBy(names, (name) => asFileName(name).normalize().toLowerCase())
  return new Map(
    [...withSame.values()].flatMap((same) =>
      same.map((name) => [name, same.length === 1 ? asFileName(name) : `${asFileName(name)}-${digest(name)}`]),
    ),
  )
}

/** A name is the operator's or an inventory's; it must not lead anywhere else. */
const asFileName = (name: string): string => name.replace(/[^\p{L}\p{M}\p{N}_.@-]+/gu, '_').replace(/^\.+/, '_')

const digest = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 8)
