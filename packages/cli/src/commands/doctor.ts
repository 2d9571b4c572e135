import type { Command } from 'commander'
import { describeConfig, readConfig } from '@plumbline/server/config'
import { connect } from '../client.ts'
import { Failure } from '../failure.ts'
import { print, table } from '../output.ts'

interface Report {
  readonly database: string
  readonly settings: readonly { readonly name: string; readonly value: string; readonly text: string }[]
  readonly warnings: readonly string[]
  readonly reporting: { readonly database: string; readonly runsWaiting: number; readonly lastAt: string | null }
}

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('what is in force and what is wrong: of the server one is logged in to, else of this environment')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline doctor')
    .action(async (options: { json?: true }) => {
      const { report, about } = await examine()
      print(options.json, report, () =>
        [
          about,
          `database: ${report.database}`,
          `reporting database: ${describeReporting(report.reporting)}`,
          '',
          table(
            ['setting', 'value', 'meaning'],
            report.settings.map(({ name, value, text }) => [name, value === '' ? '-' : value, text]),
          ),
          '',
          ...(report.warnings.length === 0 ? ['nothing to complain about'] : report.warnings.map((one) => `! ${one}`)),
        ].join('\n'),
      )
    })
}

async function examine(): Promise<{ readonly report: Report; readonly about: string }> {
  try {
    const client = await connect()
    return { report: await client.call<Report>('GET', '/api/v1/doctor'), about: 'The server says:' }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const config = readConfig({}, process.env)
    return {
      about: 'No server tells (see below why); this environment says:',
      report: {
        database: config.databaseUrl === undefined ? 'embedded' : 'server',
        settings: describeConfig(config),
        warnings: [error.message],
        reporting: { database: reportingOf(config), runsWaiting: 0, lastAt: null },
      },
    }
  }
}

function reportingOf({ databaseUrl, reportingDatabaseUrl }: ReturnType<typeof readConfig>): string {
  if (reportingDatabaseUrl !== undefined) return 'server'
  return databaseUrl === undefined ? 'embedded' : 'not configured'
}

function describeReporting({ database, runsWaiting, lastAt }: Report['reporting']): string {
  if (database === 'not configured') return database
  return `${database}, last written ${lastAt ?? 'never'}, runs waiting: ${runsWaiting}`
}
