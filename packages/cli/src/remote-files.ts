import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { fetchRemoteContent } from '@plumbline/collect'
import { remoteReferences, type FindFile, type XmlElement } from '@plumbline/scap'

/** Whether, and where, content is looked for that others publish elsewhere. */
export interface RemoteOptions {
  readonly fetchRemoteResources?: boolean | undefined
  /** A folder with copies, named as checks name them. */
  readonly localFiles?: string | undefined
}

export function withRemote(command: Command): Command {
  return command
    .option('--fetch-remote-resources', 'fetch content that the content file refers to elsewhere, over HTTPS')
    .option('--local-files <folder>', 'take copies of such content from a folder instead, by the names that checks use')
}

/** What a content file refers to elsewhere, as far as it may be had; what could not be says why. */
export async function readRemoteFiles(root: XmlElement, options: RemoteOptions): Promise<FindFile> {
  const found = new Map<string, ReturnType<FindFile>>()
  if (options.fetchRemoteResources === true || options.localFiles !== undefined) {
    for (const { url, name } of remoteReferences(root)) {
      found.set(url, options.localFiles === undefined ? await fetched(url) : copy(options.localFiles, name, url))
    }
  }
  return (address) => found.get(address)
}

async function fetched(url: string): Promise<ReturnType<FindFile>> {
  process.stderr.write(`fetching ${url}\n`)
  try {
    return { name: url, data: await fetchRemoteContent(url) }
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) }
  }
}

/** As the referee: by the name that the catalog gives it, which is no path. */
export const copyName = (name: string): string => name.replace(/^https?:\/\/.*\//, '')

function copy(folder: string, name: string, url: string): ReturnType<FindFile> {
  const file = copyName(name)
  try {
    if (file === '' || file === '..' || /[/\\\0]/.test(file)) throw new Error('that is no name of a file')
    return { name: url, data: readFileSync(join(folder, file)) }
  } catch (error) {
    return {
      missing: `${url} has no copy ${file} in ${folder}: ${error instanceof Error ? error.message : String(error)}`,
    }
  }
}
