import { readFile } from 'node:fs/promises'

/** The code of the embedded PostgreSQL, compiled; it can be sent to threads. */
export type CompiledPostgres = object

// TypeScript has it in its library for browsers only.
declare const WebAssembly: { compile(code: Uint8Array): Promise<CompiledPostgres> }

let compiled: Promise<CompiledPostgres> | undefined

/**
 * Once for all databases of the process, those that are opened again too: that takes 3 seconds of 9 off, and V8 has no code
 * to give back, at which it now and then aborts (nodejs/node#64500).
 */
export function compiledPostgres(): Promise<CompiledPostgres> {
  compiled ??= compile().catch((error: unknown) => {
    // Whoever opens the next one tries again.
    compiled = undefined
    throw error
  })
  return compiled
}

async function compile(): Promise<CompiledPostgres> {
  return WebAssembly.compile(await readFile(new URL('pglite.wasm', import.meta.resolve('@electric-sql/pglite'))))
}
