import type { Command } from 'commander'
import type { Server, Verdicts } from '@plumbline/server'
import { configTable, readConfig } from '@plumbline/server/config'
import { printable, table } from '../output.ts'

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
${configTable.map(({ name, text }) => `  ${name.padEnd(34)}${text}`).join('\n')}

Examples:
  plumbline serve
  plumbline serve --host 0.0.0.0 --data /var/lib/plumbline
  plumbline serve --database-url postgres://plumbline@db/plumbline`,
    )
    .action(async (flags: Record<string, string>) => {
      process.stdout.write('Plumbline is starting …\n')
      // Only now: the other commands need not wait for the server's code.
      const { startServer, waitForVerdicts } = await import('@plumbline/server')
      const server = await startServer(readConfig(flags, process.env))
      const stopping = new AbortController()
      const stopped = stopOnSignal(() => {
        stopping.abort()
        return server.close()
      })
      process.stdout.write(`${greeting(server)}\n`)
      const { runId } = server.firstStart
      if (runId !== undefined) {
        const ended = stopped.then(() => undefined)
        const verdicts = await Promise.race([waitForVerdicts(server.context, runId, stopping.signal), ended])
        if (verdicts !== undefined) process.stdout.write(`${describeVerdicts(verdicts)}\n`)
      }
      await stopped
    })
}

function greeting({ url, fingerprint, firstStart }: Server): string {
  const { generatedPassword, runId } = firstStart
  return [
    `Plumbline answers at ${url}`,
    `The certificate's SHA-256 fingerprint is ${fingerprint}`,
    ...(generatedPassword === undefined
      ? []
      : [
          `The account is admin, its password ${generatedPassword} (shown this once; "plumbline user password admin" changes it)`,
        ]),
    ...(runId === undefined ? [] : ['The job "Check this machine" is running …']),
  ].join('\n')
}

function describeVerdicts({ job, status, results }: Verdicts): string {
  const tables = results.map(({ standard, score, rules }) =>
    [
      '',
      table(
        ['result', 'severity', 'rule'],
        rules.map(({ outcome, severity, title }) => [outcome, severity, title]),
      ),
      '',
      `${printable(standard)}: ${score === null ? 'no score' : `compliance score ${score.toFixed(1)} %`}`,
    ].join('\n'),
  )
  return [...tables, `The job "${job}" has ended: ${status}. Ctrl-C stops the server.`].join('\n')
}

/** What takes longer to end than an operator's patience is ended with the process; nothing acknowledged is lost by it. */
const stopLimitMs = 8000
/** What may still hold the process when everything is closed: the reading of content that somebody was importing. */
const lingerMs = 100

/** Ends the process on SIGINT or SIGTERM, after `close`; a second signal ends it at once. */
export function stopOnSignal(close: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false
    const stop = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(130)
      stopping = true
      process.stderr.write(`${signal}: stopping; once more to stop at once\n`)
      const limit = setTimeout(() => {
        process.stderr.write('not everything has ended in time; what was under way is tried again by whoever runs\n')
        process.exit(1)
      }, stopLimitMs)
      close()
        .then(resolve, reject)
        .finally(() => {
          clearTimeout(limit)
          setTimeout(() => process.exit(), lingerMs).unref()
        })
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}
