import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { bareEnvironment } from './bare-environment.ts'
import { makeKey } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { noRoots, rootNamed, startNamespaceHost } from './namespace-host.ts'
import type { NamespaceHost } from './namespace-host.ts'
import { RunningServer } from './running-server.ts'

interface Traffic {
  readonly roundTrips: number
  readonly bytesSent: number
  readonly bytesReceived: number
}

interface RunOfAssets {
  readonly status: string
  readonly assets: readonly {
    readonly assetId: string
    readonly name: string
    readonly state: string
    readonly reason: string | null
    readonly message: string | null
    readonly traffic: Traffic | null
  }[]
  readonly traffic: (Traffic & { readonly assets: number }) | null
  readonly standards: readonly { readonly standardId: string }[]
}

const main = join(import.meta.dirname, '../packages/cli/src/main.ts')
const unix = 'symc-csm-AssetSystem-Asset-Unix-Machine'

test(
  'one job over Debian 12, Debian 13 and a busybox, and over machines that fail, each in its own way',
  { skip: noRoots, timeout: 300_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-fleet-'))
    makeKey(join(folder, 'client'))
    const clientKey = readFileSync(join(folder, 'client.pub'), 'utf8').trim()
    const hosts: NamespaceHost[] = []
    let server: RunningServer | undefined
    t.after(async () => {
      await server?.remove()
      for (const host of hosts) host.stop()
      rmSync(folder, { recursive: true })
    })
    const host = async (name: string, root: string, settings: readonly string[] = []): Promise<NamespaceHost> => {
      const one = await startNamespaceHost({ name, root, clientKey, settings })
      hosts.push(one)
      return one
    }
    const bookworm = await host('bookworm', rootNamed('bookworm'))
    const trixie = await host('trixie', rootNamed('trixie'))
    const busybox = await host('busybox', 'busybox')
    const walled = await host('walled', rootNamed('bookworm'))
    const changed = await host('changed', rootNamed('bookworm'))
    // Whoever logs in gets a program that never says anything.
    const hanging = await host('hanging', rootNamed('bookworm'), ['ForceCommand exec sleep 600'])
    const running = await RunningServer.start({
      environment: { PLUMBLINE_CONNECT_TIMEOUT_SECONDS: '3', PLUMBLINE_UNKNOWN_HOST_KEYS: 'accept-new' },
    })
    server = running

    const call = async (method: string, path: string, body?: unknown, status = 200): Promise<unknown> => {
      const answer = await running.request(method, path, body)
      assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`)
      return answer.body
    }
    const named = ({ name, address }: NamespaceHost): string => `${name} ansible_host=${address}`
    const inventory = [
      ...['[debian]', named(bookworm), named(trixie)],
      ...['[embedded]', named(busybox)],
      ...['[broken]', named(walled), named(changed), named(hanging)],
      ...['[met:children]', 'debian', 'embedded', '[met]', named(changed)],
      ...['[live:children]', 'met', 'broken', ''],
    ].join('\n')
    const report = (await call('POST', '/api/v1/asset-imports', { inventory, groups: true })) as {
      created: number
      groups: { name: string; members: number }[]
    }
    assert.equal(report.created, 6)
    await call(
      'POST',
      '/api/v1/credentials',
      {
        name: 'fleet',
        user: 'root',
        privateKey: readFileSync(join(folder, 'client'), 'utf8'),
        folders: ['Asset System'],
      },
      201,
    )
    const groupId = async (name: string): Promise<string> => {
      const found = (await call('GET', `/ccs/api/v1/AssetGroup?Attributes=(displayName = ${name})`)) as {
        assetGroupDataList: { Id: string }[]
      }
      return found.assetGroupDataList[0]?.Id ?? ''
    }
    const standards = (await call('GET', '/ccs/api/v1/Standards?Attributes=(displayName = *)')) as {
      standardDataList: { Id: string; DisplayName: string }[]
    }
    const standard = standards.standardDataList.find(({ DisplayName }) => /essential/i.test(DisplayName))?.Id
    const firstDetails = {
      JobName: 'The fleet',
      AssetsResolutionInfo: [{ Id: await groupId('met'), Type: '' }],
      Standards: [standard],
      Schedule: { RunNow: true },
    }
    const created = await call(
      'POST',
      '/ccs/api/v1/jobs',
      { JobType: 'CollectionEvaluationJob', JobDetails: firstDetails },
      201,
    )
    const { JobID: jobId } = created as { JobID: string }
    const seen = new Set<string>()
    const nextRun = async (): Promise<RunOfAssets & { readonly id: string }> => {
      for (const end = Date.now() + 200_000; Date.now() < end;) {
        const [run] = (await call('GET', `/ccs/api/v1/jobs/${jobId}/jobruns?count=1`)) as {
          JobRunID: string
          Status: string
        }[]
        if (
          run !== undefined &&
          !seen.has(run.JobRunID) &&
          !['Queued', 'Executing', 'Scheduled'].includes(run.Status)
        ) {
          seen.add(run.JobRunID)
          return { ...((await call('GET', `/api/v1/runs/${run.JobRunID}`)) as RunOfAssets), id: run.JobRunID }
        }
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      throw new Error('the run did not end')
    }
    /** Of an asset, how many of its rules came to what. */
    const outcomes = async ({ id, assets, standards: [one] }: Awaited<ReturnType<typeof nextRun>>, name: string) => {
      const assetId = assets.find((asset) => asset.name === name)?.assetId
      const { rules } = (await call('GET', `/api/v1/results/${id}/${assetId}/${one?.standardId}`)) as {
        rules: { result: string }[]
      }
      return new Map([...Map.groupBy(rules, ({ result }) => result)].map(([result, some]) => [result, some.length]))
    }

    await t.test('machines of three kinds are read, each for itself', async () => {
      const run = await nextRun()
      assert.deepEqual(
        run.assets.map(({ name, state, message }) => [name, state, message]).toSorted(byName),
        ['bookworm', 'busybox', 'changed', 'trixie'].map((name) => [name, 'completed', null]),
      )
      assert.equal(run.status, 'Completed')
      for (const name of ['bookworm', 'trixie', 'busybox']) {
        const found = await outcomes(run, name)
        assert.ok((found.get('pass') ?? 0) > 2, `${name}: ${JSON.stringify([...found])}`)
        assert.equal(found.get('error') ?? 0, 0, `${name}: ${JSON.stringify([...found])}`)
      }
      const system = async (name: string): Promise<unknown[]> => {
        const assetId = run.assets.find((asset) => asset.name === name)?.assetId
        const { Attributes } = (await call('GET', `/ccs/api/v1/assets/${assetId}`)) as {
          Attributes: { Name: string; Value: string | null; Values: string[] | null }[]
        }
        const of = (attribute: string) => Attributes.find(({ Name }) => Name === `${unix}-${attribute}`)
        const values = ['OSSystem', 'OSDistributionField', 'OSVersionString', 'SSHPortNo', 'DockerVersion'].map(
          (one) => of(one)?.Value,
        )
        const ssh = /^OpenSSH_\d+/.exec(of('SSHVersion')?.Value ?? '')?.[0]
        assert.equal(of('KERNELVERSION')?.Value, release())
        return [...values, ssh, String(of('IPAddresses')?.Values ?? '')]
      }
      const [linux, port, docker] = ['Linux', '22', 'Not Installed']
      const debian = (version: string): readonly unknown[] => [
        `Debian GNU/Linux ${version}`,
        version.slice(0, 2),
        port,
        docker,
      ]
      assert.deepEqual(await system('bookworm'), [linux, ...debian('12 (bookworm)'), 'OpenSSH_9', bookworm.address])
      assert.deepEqual(await system('trixie'), [linux, ...debian('13 (trixie)'), 'OpenSSH_10', trixie.address])
      // Its SSH server is before it, and not to be seen from inside.
      assert.deepEqual(await system('busybox'), [linux, 'A busybox', '1', port, docker, undefined, busybox.address])
      for (const { name, traffic } of run.assets) {
        assert.ok(
          traffic !== null && traffic.roundTrips > 0 && traffic.roundTrips <= 12,
          `${name}: ${traffic?.roundTrips}`,
        )
        assert.ok(traffic.bytesSent > 1000 && traffic.bytesReceived > 1000, name)
      }
      const total = (of: keyof Traffic): number =>
        run.assets.reduce((sum, { traffic }) => sum + (traffic?.[of] ?? 0), 0)
      assert.deepEqual(run.traffic, {
        assets: 4,
        roundTrips: total('roundTrips'),
        bytesSent: total('bytesSent'),
        bytesReceived: total('bytesReceived'),
      })
    })

    await t.test('updated to all of them, the job tells of each why it could not be read', async () => {
      walled.firewall()
      await changed.changeHostKey()
      await call(
        'PATCH',
        '/ccs/api/v1/jobs/',
        {
          JobID: jobId,
          JobDetails: { AssetsResolutionInfo: [{ Id: await groupId('live'), Type: '' }], Schedule: { RunNow: true } },
        },
        204,
      )
      const run = await nextRun()
      assert.equal(run.status, 'Completed with errors')
      assert.deepEqual(run.assets.map(({ name, state, reason }) => [name, state, reason]).toSorted(byName), [
        ['bookworm', 'completed', null],
        ['busybox', 'completed', null],
        ['changed', 'failed', 'host-key-changed'],
        ['hanging', 'failed', 'timed-out'],
        ['trixie', 'completed', null],
        ['walled', 'failed', 'unreachable'],
      ])
      for (const name of ['changed', 'hanging', 'walled']) {
        assert.deepEqual([...(await outcomes(run, name)).keys()], ['unknown'], name)
      }
      assert.ok(((await outcomes(run, 'bookworm')).get('pass') ?? 0) > 2)
      assert.equal(run.assets.find(({ name }) => name === 'walled')?.traffic, null)
      const { stdout } = await promisify(execFile)(process.execPath, [main, 'job', 'assets', run.id], {
        env: {
          ...bareEnvironment,
          HOME: folder,
          PLUMBLINE_URL: running.url,
          PLUMBLINE_DATA: running.dataDirectory,
          PLUMBLINE_USER: 'admin',
          PLUMBLINE_PASSWORD: RunningServer.password,
        },
      })
      assert.match(stdout, /^bookworm +completed +[\d.]+ +\d+ +[\d.]+ +[\d.]+$/m)
      assert.match(stdout, /^walled +failed +[\d.]+ +unreachable: /m)
    })

    await t.test('a test of the connection says the same of each', async () => {
      const { assets } = await lastRun(call, jobId)
      const probe = async (name: string): Promise<string> => {
        const id = assets.find((asset) => asset.name === name)?.assetId
        const { steps } = (await call('POST', `/api/v1/assets/${id}/test`)) as {
          steps: { step: string; ok: boolean; text: string }[]
        }
        const last = steps.at(-1)
        return `${last?.step} ${last?.ok}: ${last?.text}`
      }
      assert.match(await probe('trixie'), /^\w+ true: /)
      assert.match(await probe('walled'), /^connect false: .*no answer within/)
      assert.match(await probe('changed'), /^log in false: .*host-key-changed/)
      assert.match(await probe('hanging'), /^elevation false: .*gave no shell within .*timed-out/)
      const bookworm = assets.find(({ name }) => name === 'bookworm')?.assetId
      const { ok, steps, coverage } = (await call('POST', `/api/v1/assets/${bookworm}/test?standard=${standard}`)) as {
        ok: boolean
        steps: { step: string; text: string }[]
        coverage: { rules: number; decided: number; manual: number; reasons: unknown[] }
      }
      assert.equal(ok, true)
      assert.deepEqual(
        steps.map(({ step }) => step),
        ['name', 'connect', 'ssh', 'log in', 'elevation', 'system', 'tools', 'coverage'],
      )
      assert.match(steps[2]?.text ?? '', /^OpenSSH_9\.2/)
      assert.match(steps[5]?.text ?? '', /^Debian GNU\/Linux 12 \(bookworm\), Linux \d/)
      assert.ok(coverage.rules > 10)
      assert.deepEqual([coverage.decided + coverage.manual, coverage.reasons], [coverage.rules, []])
    })
  },
)

const byName = (one: readonly unknown[], other: readonly unknown[]): number =>
  String(one[0]) < String(other[0]) ? -1 : 1

async function lastRun(call: (method: string, path: string) => Promise<unknown>, jobId: string): Promise<RunOfAssets> {
  const [run] = (await call('GET', `/ccs/api/v1/jobs/${jobId}/jobruns?count=1`)) as { JobRunID: string }[]
  return (await call('GET', `/api/v1/runs/${run?.JobRunID}`)) as RunOfAssets
}
