import { readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import {
  assembleContent,
  composeDataStream,
  expand,
  readContent,
  readXml,
  readXmlAside,
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

/** The same with what it refers to elsewhere, keeping the document as it was written: reports quote it. Others go on meanwhile. */
export async function openContentFile(
  path: string,
  remote: RemoteOptions = {},
): Promise<{ readonly content: ScapContent; readonly source: (benchmark: BenchmarkContent) => SourceDocument }> {
  const file = { name: basename(path), data: readBytes(path) }
  const bytes = expand(file.data, file.name)
  const root = await readXmlAside(bytes, file.name)
  const elsewhere = await readRemoteFiles(root, remote)
  const find: FindFile = (name) => elsewhere(name) ?? findBeside(path)(name)
  const content = assembleContent(root, file, find)
  return { content, source: (benchmark) => sourceDocument(root, content.benchmarks.indexOf(benchmark), find, bytes) }
}

/** What a server is sent of a content file: of a bare benchmark one data stream, with the files beside it; the same each time. */
export function readForServer(path: string): Uint8Array {
  const data = readFileSync(path)
  const name = basename(path)
  const bytes = expand(data, name)
  // What is wrong with any other content the server tells.
  if (!beginsWithBenchmark(bytes)) return data
  return Buffer.from(composeDataStream(readXml(bytes, name), findBeside(path), statSync(path).mtime))
}

/** Whether the first element is one, after declarations, comments and instructions of 64 KB together at most. */
function beginsWithBenchmark(bytes: Uint8Array): boolean {
  const beginning = Buffer.from(bytes.subarray(0, 65_536)).toString('latin1')
  const [, name] = /<(?:[\w.-]+:)?([\w.-]+)/.exec(beginning.replace(/<!--.*?-->|<\?.*?\?>/gs, '')) ?? []
  return name === 'Benchmark'
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

export interface BenchmarkChoice {
  readonly datastreamId?: string
  readonly xccdfId?: string
  readonly benchmarkId?: string
}

/** The one benchmark of a file that all of these fit. */
export function chooseBenchmark({ benchmarks, fileName }: ScapContent, choice: BenchmarkChoice): BenchmarkContent {
  const { datastreamId, xccdfId, benchmarkId } = choice
  const fits = (wanted: string | undefined, id: string | undefined): boolean => wanted === undefined || wanted === id
  const found = benchmarks.filter(
    ({ benchmark, dataStream }) =>
      fits(benchmarkId, benchmark.id) && fits(datastreamId, dataStream?.id) && fits(xccdfId, dataStream?.referenceId),
  )
  const [only, second] = found
  const places = (some: readonly BenchmarkContent[]): string => some.map((one) => `\n  ${placeOf(one)}`).join('')
  if (only === undefined)
    throw new Failure(
      benchmarks.length === 0
        ? `${fileName} has no XCCDF benchmark`
        : `${fileName} has no such benchmark; it has${places(benchmarks)}`,
    )
  if (second === undefined) return only
  throw new Failure(`${fileName} has several benchmarks that this could mean; name one of${places(found)}`)
}

/** As the options that choose it. */
function placeOf({ benchmark, dataStream }: BenchmarkContent): string {
  const place = dataStream === undefined ? '' : `--datastream-id ${dataStream.id} --xccdf-id ${dataStream.referenceId} `
  return `${place}--benchmark-id ${benchmark.id}`
}
