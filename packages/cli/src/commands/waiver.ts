import type { Command } from 'commander'
import { connect } from '../client.ts'
import type { Client } from '../client.ts'
import { Failure } from '../failure.ts'
import { findAsset, findAssetGroup, findStandard } from '../names.ts'
import { print, table } from '../output.ts'

interface Waiver {
  readonly id: string
  readonly state: string
  readonly ruleTitle: string
  readonly standardTitle: string
  readonly scope: string
  readonly assetName: string | null
  readonly assetGroupName: string | null
  readonly startsAt: string
  readonly endsAt: string
  readonly requestedBy: string
  readonly decidedBy: string | null
  readonly reason: string
}

interface Wish {
  readonly standard: string
  readonly rule: string
  readonly asset?: string
  readonly group?: string
  readonly allAssets?: true
  readonly reason: string
  readonly from?: string
  readonly until: string
  readonly json?: true
}

export function registerWaiver(program: Command): void {
  const waiver = program.command('waiver').description('accepted exceptions: list, request, approve, deny, end')
  waiver
    .command('list')
    .description('the waivers you may see, the newest first')
    .option('--state <state>', 'Requested, Approved, Denied, Withdrawn or Expired')
    .option('--asset <asset>', 'on this very asset, by name or GUID')
    .option('--standard <standard>', 'of rules of this standard, by name or GUID')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline waiver list --state Requested\n  plumbline waiver list --asset web-3',
    )
    .action(async (options: { state?: string; asset?: string; standard?: string; json?: true }) => {
      const client = await connect()
      const query = {
        ...(options.state === undefined ? {} : { state: options.state }),
        ...(options.asset === undefined ? {} : { asset: (await findAsset(client, options.asset)).Id }),
        ...(options.standard === undefined ? {} : { standard: await findStandard(client, options.standard) }),
      }
      const waivers = await listAll(client, query)
      print(options.json, waivers, () =>
        table(
          ['state', 'rule', 'standard', 'on', 'from', 'until', 'requested by', 'decided by', 'id'],
          waivers.map((one) => [
            one.state,
            one.ruleTitle,
            one.standardTitle,
            whereOf(one),
            one.startsAt,
            one.endsAt,
            one.requestedBy,
            one.decidedBy ?? '-',
            one.id,
          ]),
        ),
      )
    })
  waiver
    .command('request')
    .description('ask for an exception; it exempts nothing until somebody else approves it')
    .requiredOption('--standard <standard>', 'the standard, by name or GUID')
    .requiredOption('--rule <rule>', 'the rule, by its id or its CheckID')
    .option('--asset <asset>', 'on this asset, by name or GUID')
    .option('--group <group>', 'on the assets of this group')
    .option('--all-assets', 'on all assets')
    .requiredOption('--reason <text>', 'why the risk is accepted')
    .option('--from <instant>', 'when it begins: a day, or an instant as 2027-01-31T18:00:00Z; now without')
    .requiredOption(
      '--until <instant>',
      'when it ends: an instant, or a day that is the last one (of this machine’s time zone)',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  plumbline waiver request --standard 'Plumbline Linux baseline: Server' --rule xccdf_org.plumbline_rule_sshd_x11_forwarding \\
    --asset web-3 --reason 'Needed until the new display is there, ticket 4711' --until 2027-01-31
  plumbline waiver request --standard 'Plumbline Linux baseline: Strict' --rule xccdf_org.plumbline_rule_network_forwarding_off \\
    --all-assets --reason 'All of them are routers' --until 2027-06-30`,
    )
    .action(async (options: Wish) => {
      const client = await connect()
      const made = await client.call<Waiver>('POST', '/api/v1/waivers', {
        body: {
          standard: await findStandard(client, options.standard),
          rule: options.rule,
          asset: options.asset === undefined ? undefined : (await findAsset(client, options.asset)).Id,
          assetGroup: options.group === undefined ? undefined : await findAssetGroup(client, options.group),
          allAssets: options.allAssets,
          reason: options.reason,
          startsAt: options.from === undefined ? undefined : instantOf(options.from, 0),
          endsAt: instantOf(options.until, 1),
        },
      })
      print(options.json, made, () => made.id)
    })
  for (const [verb, text] of [
    ['approve', 'approve a request of somebody else: from now on, or from its beginning, it exempts'],
    ['deny', 'deny a request'],
  ] as const) {
    waiver
      .command(`${verb} <waiver>`)
      .description(`${text}; named by its GUID`)
      .option('--comment <text>', 'why')
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        `\nExample:\n  plumbline waiver ${verb} 2a221e47-f38a-4a6b-af20-43d650e6d56b --comment 'as discussed'`,
      )
      .action(async (id: string, options: { comment?: string; json?: true }) => {
        const client = await connect()
        const decided = await client.call<Waiver>('POST', `/api/v1/waivers/${encodeURIComponent(id)}/decision`, {
          body: { decision: verb, comment: options.comment },
        })
        print(options.json, decided, () => describe(decided))
      })
  }
  waiver
    .command('end <waiver>')
    .description('withdraw a request, or end a waiver before its time; named by its GUID')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline waiver end 2a221e47-f38a-4a6b-af20-43d650e6d56b')
    .action(async (id: string, options: { json?: true }) => {
      const client = await connect()
      const ended = await client.call<Waiver>('POST', `/api/v1/waivers/${encodeURIComponent(id)}/end`)
      print(options.json, ended, () => describe(ended))
    })
}

async function listAll(client: Client, query: Readonly<Record<string, string>>): Promise<Waiver[]> {
  const all: Waiver[] = []
  let after: string | null = ''
  while (after !== null) {
    const page: { waivers: Waiver[]; nextAfter: string | null } = await client.call('GET', '/api/v1/waivers', {
      query: after === '' ? query : { ...query, after },
    })
    all.push(...page.waivers)
    after = page.nextAfter
  }
  return all
}

const whereOf = ({ scope, assetName, assetGroupName }: Waiver): string =>
  scope === 'all' ? 'all assets' : (assetName ?? assetGroupName ?? 'a group that is gone')

const describe = (waiver: Waiver): string =>
  `${waiver.state}: ${waiver.ruleTitle} on ${whereOf(waiver)} until ${waiver.endsAt}`

/** A day stands for its first moment here, or for that of the day `daysOn` later. */
function instantOf(text: string, daysOn: number): string {
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (day === null) return text
  const at = new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3]) + daysOn)
  const isReal = new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3])).getDate() === Number(day[3])
  if (!isReal) throw new Failure(`${text} is no day of the calendar`)
  return at.toISOString()
}
