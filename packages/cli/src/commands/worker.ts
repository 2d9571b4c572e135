import type { Command } from 'commander'
import { readConfig } from '@plumbline/server/config'
import { stopOnSignal } from './serve.ts'

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description('run one more worker beside a server, on the same PostgreSQL database')
    .option('--database-url <url>', 'the database of the server (DATABASE_URL)')
    .option('--data <dir>', 'data directory, for the master key and the certificate')
    .option('--worker-port <n>', 'answer /healthz, /readyz and /metrics over HTTPS on this port; on none without it')
    .option('--host <address>', 'address to listen on then; 127.0.0.1 without it')
    .addHelpText(
      'after',
      `
Examples:
  plumbline worker --database-url postgres://plumbline@db/plumbline
  plumbline worker --database-url postgres://plumbline@db/plumbline --worker-port 12432

It needs the server's master key (PLUMBLINE_MASTER_KEY, or a copy of master.key in --data) to open credentials. Mail,
the webhook, the reporting database, imports and the purge are the server's work and go by the server's settings; limits of
sessions and commands (PLUMBLINE_CONCURRENCY, PLUMBLINE_MAX_SESSIONS, PLUMBLINE_…_TIMEOUT_SECONDS) are the worker's own.`,
    )
    .action(async (flags: Record<string, string>) => {
      const { startWorker } = await import('@plumbline/server')
      const worker = await startWorker(readConfig(flags, process.env))
      if (worker.url !== undefined) process.stdout.write(`The worker answers at ${worker.url}\n`)
      await stopOnSignal(() => worker.close())
    })
}
