import type { Command } from 'commander'
import { configTable, readConfig, startServer } from '@plumbline/server'

export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('run the server: API, scheduler and one worker in one process')
    .option('--port <n>', 'HTTPS port')
    .option('--host <address>', 'address to listen on')
    .option('--data <dir>', 'data directory')
    .option('--database-url <url>', 'a PostgreSQL server instead of the embedded database')
    .addHelpText(
      'after',
      `
Environment:
${configTable.map(({ name, text }: { readonly name: string; readonly text: string }) => `  ${name.padEnd(34)}${text}`).join('\n')}

Examples:
  plumbline serve
  plumbline serve --host 0.0.0.0 --data /var/lib/plumbline
  plumbline serve --database-url postgres://plumbline@db/plumbline`,
    )
    .action(async (flags: Record<string, string>) => {
      const server = await startServer(readConfig(flags, process.env))
      await stopOnSignal(server.close)
    })
}

/** Ends the process on SIGINT or SIGTERM, after `close`; a second signal ends it at once. */
export function stopOnSignal(close: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false
    const stop = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(130)
      stopping = true
      process.stderr.write(`${signal}: stopping; once more to stop at once\n`)
      close().then(resolve, reject)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}
