#!/usr/bin/env node
import { keepCompiled } from '../compile-cache.ts'

keepCompiled(process.env)
const { run } = await import('./program.ts')
process.exitCode = await run(process.argv.slice(2))
