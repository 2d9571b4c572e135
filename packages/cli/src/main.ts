#!/usr/bin/env node
import { keepCompiled } from './compile-cache.ts'
import { outliveOutput } from './lost-output.ts'

keepCompiled(process.env)
outliveOutput()
const { run } = await import('./program.ts')
await run(process.argv.slice(2))
