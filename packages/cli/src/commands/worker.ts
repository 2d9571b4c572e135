import type { Command } from 'commander'
import { readConfig } from '@plumbline/server/config'
import { stopOnSignal } from './serve.ts'

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description('run one more worker beside a server, on the same PostgreSQL database')
    .option('--database-url <url>', 'the database of the server (DATABASE_URL)')
    .option('--data <dir>', 'data directory, for the master key')
    .addHelpText(
      'after',
      `
Example:
  plumbline worker --database-url postgres://plumbline@db/plumbline

Give it the environment of the server: whichever process ends a run decides by its own settings whether mail, a
webhook and a reporting database are configured, and seals and opens credentials with its own master key.`,
    )
    .action(async (flags: Record<string, string>) => {
      const { startWorker } = await import('@plumbline/server')
      const worker = await startWorker(readConfig(flags, process.env))
      await stopOnSignal(() => worker.close())
    })
}
