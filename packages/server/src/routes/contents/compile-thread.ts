import { parentPort, workerData } from 'node:worker_threads'
import { fetchRemoteContent } from '@plumbline/collect'
import { assembleContent, ContentError, expand, readXml, remoteReferences, resolveProfile } from '@plumbline/scap'
import type { BenchmarkContent, FindFile, XmlElement } from '@plumbline/scap'
import { compileContent } from '../../store/contents.ts'
import type { CompiledContent } from '../../store/contents.ts'

export interface CompileRequest {
  readonly name: string
  readonly data: Uint8Array
  /** From where content may be fetched that it refers to. */
  readonly hosts: readonly string[]
}

export type CompileReply =
  | { readonly content: CompiledContent; readonly warnings: readonly string[] }
  | { readonly problem: string }

const fetchTimeoutMs = 60_000

async function compile({ name, data, hosts }: CompileRequest): Promise<CompileReply> {
  try {
    const root = readXml(expand(data, name), name)
    const content = assembleContent(root, { name, data }, await findElsewhere(root, hosts))
    if (content.benchmarks.length === 0)
      return { problem: `${name} has no XCCDF benchmark; import a source data stream.` }
    const [benchmarks, left] = firstOfEachId(content.benchmarks)
    const missing = benchmarks.flatMap((benchmark) => Object.values(benchmark.missing))
    const ignored = benchmarks.flatMap(({ benchmark }) =>
      [undefined, ...benchmark.profiles].flatMap((profile) => resolveProfile(benchmark, profile?.id).ignored),
    )
    const warnings = [...new Set([...missing, ...ignored]), ...left.map(leftOut)]
    return { content: compileContent({ ...content, benchmarks }), warnings }
  } catch (error) {
    if (error instanceof ContentError) return { problem: error.message }
    throw error
  }
}

/** A standard is known by its benchmark's id and its profile: of several with one id only the first can be kept. */
function firstOfEachId(all: readonly BenchmarkContent[]): [kept: BenchmarkContent[], left: BenchmarkContent[]] {
  const isFirst = ({ benchmark }: BenchmarkContent, at: number): boolean =>
    all.findIndex((other) => other.benchmark.id === benchmark.id) === at
  return [all.filter(isFirst), all.filter((one, at) => !isFirst(one, at))]
}

const leftOut = ({ benchmark, dataStream }: BenchmarkContent): string =>
  `The benchmark ${benchmark.id} of ${dataStream?.id ?? 'the file'}, ${dataStream?.referenceId ?? ''}, was left out: one of the same id comes before it. Import it in a file of its own after giving it another id.`

/** Nobody who may import makes the server ask hosts that its operator has not named. */
async function findElsewhere(root: XmlElement, hosts: readonly string[]): Promise<FindFile> {
  const found = new Map<string, ReturnType<FindFile>>()
  for (const { url } of hosts.length === 0 ? [] : remoteReferences(root)) {
    try {
      found.set(url, { name: url, data: await fetchRemoteContent(url, { hosts, timeoutMs: fetchTimeoutMs }) })
    } catch (error) {
      found.set(url, { missing: error instanceof Error ? error.message : String(error) })
    }
  }
  return (address) => found.get(address)
}

parentPort?.postMessage(await compile(workerData as CompileRequest))
