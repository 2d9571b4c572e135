import type { Command } from 'commander'
import { connect } from '../client.ts'
import { Failure } from '../failure.ts'
import { print, table } from '../output.ts'

interface AuditRecord {
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly outcome: string
}

interface Verification {
  readonly intact: boolean
  readonly records: number
  readonly unsealed: number
  readonly problem?: string
}

export function registerAudit(program: Command): void {
  const audit = program.command('audit').description('the audit trail: list, verify')
  audit
    .command('list')
    .description('the latest records, newest first')
    .option('--count <n>', 'how many', '50')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline audit list')
    .action(async (options: { count: string; json?: true }) => {
      const { records } = await (
        await connect()
      ).call<{ records: AuditRecord[] }>('GET', '/api/v1/audit', {
        query: { count: options.count },
      })
      print(options.json, records, () =>
        table(
          ['time', 'who', 'what', 'on', 'outcome'],
          records.map((record) => [record.at, record.actor, record.action, record.target, record.outcome]),
        ),
      )
    })
  audit
    .command('verify')
    .description('recompute the hash chain; exit status 1 and the record’s number when a byte was changed')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline audit verify')
    .action(async (options: { json?: true }) => {
      const result = await (await connect()).call<Verification>('GET', '/api/v1/audit/verify')
      print(options.json, result, () =>
        result.intact
          ? `intact: ${result.records} records in the chain, ${result.unsealed} of the last second not yet in it`
          : `BROKEN: ${result.problem ?? 'unknown'}`,
      )
      if (!result.intact) throw new Failure('the audit trail was changed after it was written')
    })
}
