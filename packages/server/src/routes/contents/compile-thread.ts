import { parentPort, workerData } from 'node:worker_threads'
import { ContentError, readContent } from '@plumbline/scap'
import { compileContent } from '../../store/contents.ts'
import type { CompiledContent } from '../../store/contents.ts'

export interface CompileRequest {
  readonly name: string
  readonly data: Uint8Array
}

export type CompileReply = { readonly content: CompiledContent } | { readonly problem: string }

function compile({ name, data }: CompileRequest): CompileReply {
  try {
    const content = readContent({ name, data })
    if (content.benchmarks.length > 0) return { content: compileContent(content) }
    return { problem: `${name} has no XCCDF benchmark; import a source data stream.` }
  } catch (error) {
    if (error instanceof ContentError) return { problem: error.message }
    throw error
  }
}

parentPort?.postMessage(compile(workerData as CompileRequest))
