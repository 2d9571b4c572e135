import type { Command } from 'commander'
import { connect } from '../client.ts'
import { waitForRun } from '../jobs.ts'

export function registerReport(program: Command): void {
  const report = program.command('report').description('the reporting database: sync')
  report
    .command('sync')
    .description('bring the results of all ended runs that are not there yet to the reporting database, and wait')
    .addHelpText('after', '\nExample:\n  plumbline report sync')
    .action(async () => {
      const client = await connect()
      const { runId } = await client.call<{ runId: string }>('POST', '/api/v1/reporting/synchronisations')
      await waitForRun(client, runId)
      const { messages } = await client.call<{ messages: { text: string }[] }>('GET', `/api/v1/runs/${runId}`)
      for (const { text } of messages) process.stdout.write(`${text}\n`)
    })
}
