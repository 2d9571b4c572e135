import type { Command } from 'commander'
import { connect } from '../client.ts'
import type { Client } from '../client.ts'
import { Failure } from '../failure.ts'
import { isGuid } from '../names.ts'
import { kilobytes, print, table } from '../output.ts'

interface RunAsset {
  readonly name: string
  readonly state: string
  readonly reason: string | null
  readonly message: string | null
  readonly traffic: { readonly roundTrips: number; readonly bytesSent: number; readonly bytesReceived: number } | null
  readonly startedAt: string | null
  readonly endedAt: string | null
}

export function registerRunAssets(job: Command): void {
  job
    .command('assets <run>')
    .description('the assets of a run, by its GUID: what became of each, and what it took')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  plumbline job assets 0a6f7f0c-3a0c-4f0e-9d7a-1f2b3c4d5e6f')
    .action(async (run: string, options: { json?: true }) => {
      if (!isGuid(run)) throw new Failure(`"${run}" is not a run; "plumbline job runs JOB" lists their GUIDs`)
      const assets = await allAssets(await connect(), run)
      print(options.json, assets, () =>
        table(['asset', 'state', 'seconds', 'round trips', 'kB sent', 'kB received', 'why'], assets.map(asRow)),
      )
    })
}

async function allAssets(client: Client, run: string): Promise<RunAsset[]> {
  const all: RunAsset[] = []
  for (let after: string | null = ''; after !== null;) {
    const page: { assets: RunAsset[]; nextAfter: string | null } = await client.call('GET', `/api/v1/runs/${run}`, {
      query: { limit: '1000', ...(after === '' ? {} : { after }) },
    })
    all.push(...page.assets)
    after = page.nextAfter
  }
  return all.toSorted((one, other) => one.name.localeCompare(other.name, 'en'))
}

function asRow({ name, state, reason, message, traffic, startedAt, endedAt }: RunAsset): string[] {
  const seconds =
    startedAt === null || endedAt === null ? '' : ((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1)
  const { roundTrips, bytesSent, bytesReceived } = traffic ?? {}
  const why = [reason, message].filter((text) => text !== null).join(': ')
  return [name, state, seconds, String(roundTrips ?? ''), kilobytes(bytesSent), kilobytes(bytesReceived), why]
}
