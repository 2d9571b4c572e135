import { basename } from 'node:path'
import type { Command } from 'commander'
import { connect } from '../client.ts'
import { Failure } from '../failure.ts'
import { readInventoryText } from '../inventory.ts'
import { print, table } from '../output.ts'

interface Report {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly refused: number
  readonly passedOver: number
  readonly lines: readonly {
    readonly line: number
    readonly name: string
    readonly outcome: string
    readonly text?: string
  }[]
  readonly groups: readonly {
    readonly name: string
    readonly members: number
    readonly outcome: string
    readonly text?: string
  }[]
  readonly ignoredColumns: readonly string[]
}

interface ImportOptions {
  readonly folder?: string
  readonly limit?: string[]
  readonly groups?: true
  readonly dryRun?: true
  readonly json?: true
}

interface JobOptions {
  readonly serverFile?: string
  readonly folder?: string
  readonly groups?: true
  readonly everyDays?: string
  readonly run?: true
}

const list = (value: string, previous: string[] = []): string[] => [...previous, value]

/** Assets out of an inventory: now, and as a job. */
export function registerImport(asset: Command): void {
  asset
    .command('import <file>')
    .description(
      'assets of a CSV table, an Ansible inventory (INI, YAML) or an ssh_config; those that exist are updated',
    )
    .option('--folder <path>', 'folder below Asset System; Assets without')
    .option('--limit <pattern>', 'only these, as "web-*" or "!web-3"; repeat for several', list)
    .option('--groups', 'make the groups of the inventory asset groups of the folder')
    .option('--dry-run', 'say what would be done')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      "\nExamples:\n  plumbline asset import hosts.ini --limit 'web-*' --folder 'Asset System\\Web'\n  plumbline asset import hosts.yaml --groups --dry-run",
    )
    .action(async (file: string, { folder, limit, groups, dryRun, json }: ImportOptions) => {
      const report = await (
        await connect()
      ).call<Report>('POST', '/api/v1/asset-imports', {
        body: { inventory: readInventoryText(file), file: basename(file), folder, limit, groups, dryRun },
      })
      print(json, report, () => asText(report, dryRun === true))
      if (report.refused > 0 || report.groups.some(({ outcome }) => outcome === 'refused')) process.exitCode = 2
    })
  asset
    .command('import-job <name> [file]')
    .description('create a job that imports the inventory whenever it runs; run, schedule and delete it as any job')
    .option('--server-file <path>', 'a file below PLUMBLINE_INVENTORY_DIRECTORY of the server, read anew by each run')
    .option('--folder <path>', 'folder below Asset System; Assets without')
    .option('--groups', 'make the groups of the inventory asset groups of the folder')
    .option('--every-days <n>', 'run it every so many days, from now on')
    .option('--run', 'run it now')
    .addHelpText(
      'after',
      "\nExamples:\n  plumbline asset import-job 'Web servers' hosts.ini --groups --run\n  plumbline asset import-job Nightly --server-file hosts.yaml --every-days 1",
    )
    .action(async (name: string, file: string | undefined, options: JobOptions) => {
      if ((file === undefined) === (options.serverFile === undefined)) {
        throw new Failure('name a file of this machine, or else one of the server with --server-file')
      }
      const { id } = await (
        await connect()
      ).call<{ id: string }>('POST', '/api/v1/asset-import-jobs', {
        body: {
          JobDetails: { JobName: name, ...scheduleOf(options) },
          ...(file === undefined
            ? { file: options.serverFile }
            : { inventory: readInventoryText(file), form: formOf(file) }),
          folder: options.folder,
          groups: options.groups,
        },
      })
      process.stdout.write(`${id}\n`)
    })
}

function scheduleOf({ everyDays, run }: JobOptions): object {
  if (everyDays === undefined && run === undefined) return {}
  const periodic =
    everyDays === undefined
      ? {}
      : {
          RunPeriodically: true,
          RunEveryNDays: true,
          RepeatDays: Number(everyDays),
          StartDate: new Date().toISOString(),
        }
  return { Schedule: { RunNow: run === true, ...periodic } }
}

/** A job keeps the text and not the name of the file. */
function formOf(file: string): string | undefined {
  const name = file.toLowerCase()
  if (name.endsWith('.csv')) return 'csv'
  if (/\.ya?ml$/.test(name)) return 'ansible-yaml'
  return name.endsWith('.ini') ? 'ansible-ini' : undefined
}

function asText(report: Report, dryRun: boolean): string {
  const lines = report.lines.filter(({ outcome }) => outcome !== 'unchanged')
  const groups = report.groups.filter(({ outcome }) => outcome !== 'unchanged')
  const { created, updated, unchanged, refused, passedOver } = report
  return [
    ...(lines.length === 0
      ? []
      : [
          table(
            ['line', 'name', dryRun ? 'would be' : 'outcome', 'why'],
            lines.map(({ line, name, outcome, text = '' }) => [String(line), name, outcome, text]),
          ),
        ]),
    ...(groups.length === 0
      ? []
      : [
          table(
            ['group', 'members', dryRun ? 'would be' : 'outcome', 'why'],
            groups.map(({ name, members, outcome, text = '' }) => [name, String(members), outcome, text]),
          ),
        ]),
    ...(report.ignoredColumns.length === 0
      ? []
      : [`Columns that mean nothing here: ${report.ignoredColumns.join(', ')}`]),
    `created ${created}, updated ${updated}, unchanged ${unchanged}, refused ${refused}, passed over ${passedOver}`,
  ].join('\n')
}
