import { readFileSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import {
  assembleContent,
  expand,
  readContent,
  readXml,
  sourceDocument,
  type BenchmarkContent,
  type FindFile,
  type ScapContent,
  type SourceDocument,
} from '@plumbline/scap'
import { Failure } from './failure.ts'
import { readRemoteFiles, type RemoteOptions } from './remote-files.ts'

const contentFolder = join(import.meta.dirname, '../../../content')

/** The standard that comes with Plumbline. */
export function bundledContentFile(): string {
  const file = readdirSync(contentFolder, { recursive: true, encoding: 'utf8' }).find((name) =>
    name.endsWith('-ds.xml'),
  )
  if (file === undefined) throw new Failure('the bundled standard is missing; name a content file')
  return join(contentFolder, file)
}

/** Reads a content file, and for a bare benchmark the files beside it. */
export function readContentFile(path: string): ScapContent {
  return readContent({ name: basename(path), data: readBytes(path) }, findBeside(path))
}

/** The same with what it refers to elsewhere, keeping the document as it was written: reports quote it. */
export async function openContentFile(
  path: string,
  remote: RemoteOptions = {},
): Promise<{ readonly content: ScapContent; readonly source: (benchmarkId: string) => SourceDocument }> {
  const file = { name: basename(path), data: readBytes(path) }
  const root = readXml(expand(file.data, file.name), file.name)
  const elsewhere = await readRemoteFiles(root, remote)
  const find: FindFile = (name) => elsewhere(name) ?? findBeside(path)(name)
  return {
    content: assembleContent(root, file, find),
    source: (benchmarkId) => sourceDocument(root, benchmarkId, find),
  }
}

export function readBytes(file: string): Uint8Array {
  // What is read is kept: room for what is soon forgotten would only add a hundred megabytes, and make nothing faster.
  setFlagsFromString('--semi-space-growth-factor=1')
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Failure(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

const findBeside =
  (path: string) =>
  (name: string): { readonly name: string; readonly data: Uint8Array } | undefined => {
    try {
      return { name, data: readFileSync(join(dirname(path), name)) }
    } catch {
      return undefined
    }
  }

/** The benchmark of a file, by its id where there are several. */
export function chooseBenchmark(content: ScapContent, id: string | undefined): BenchmarkContent {
  const found =
    id === undefined ? content.benchmarks : content.benchmarks.filter(({ benchmark }) => benchmark.id === id)
  const [only, second] = found
  const known = content.benchmarks.map(({ benchmark }) => benchmark.id).join(', ')
  if (only === undefined) {
    throw new Failure(
      content.benchmarks.length === 0
        ? `${content.fileName} has no XCCDF benchmark`
        : `${content.fileName} has no benchmark "${String(id)}"; it has ${known}`,
    )
  }
  if (second !== undefined)
    throw new Failure(`${content.fileName} has several benchmarks; name one with --benchmark-id: ${known}`)
  return only
}
