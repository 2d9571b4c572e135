import { Worker } from 'node:worker_threads'
import { RequestError } from '../../errors.ts'
import type { CompileReply, CompileRequest } from './compile-thread.ts'

const limits = { memoryMegabytes: 2048, seconds: 120 }

type Compiled = Extract<CompileReply, { content: unknown }>

let last: Promise<unknown> = Promise.resolve()

/**
 * Reads and compiles content in a thread of its own, so that a large file keeps no request waiting and a hostile one
 * ends with its thread; one file at a time, for the memory. Throws `invalid-request` with what is wrong, and where.
 */
export function compileInThread(request: CompileRequest): Promise<Compiled> {
  const turn = last.then(() => compile(request))
  last = turn.catch(() => undefined)
  return turn
}

async function compile(request: CompileRequest): Promise<Compiled> {
  const worker = new Worker(new URL('./compile-thread.ts', import.meta.url), {
    workerData: request,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: limits.memoryMegabytes },
  })
  const refuse = (message: string): RequestError => new RequestError('invalid-request', { message })
  try {
    return await new Promise((resolve, reject) => {
      const tooSlow = setTimeout(
        () => reject(refuse(`${request.name} was not read within ${limits.seconds} s.`)),
        limits.seconds * 1000,
      )
      worker.on('message', (reply: CompileReply) => {
        clearTimeout(tooSlow)
        if ('content' in reply) resolve(reply)
        else reject(refuse(reply.problem))
      })
      worker.on('error', (error: unknown) => {
        clearTimeout(tooSlow)
        const outOfMemory = (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY'
        reject(outOfMemory ? refuse(`${request.name} needs more than ${limits.memoryMegabytes} MB to be read.`) : error)
      })
    })
  } finally {
    await worker.terminate()
  }
}
