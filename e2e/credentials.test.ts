import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeKey, noSshd, startSshd } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import type { TestServer } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { RunningServer } from './running-server.ts'

const prefix = 'symc-csm-AssetSystem-Asset-'
const unix = `${prefix}Unix-Machine`

const accounts = String.raw`
useradd -M -d / -s /bin/bash asked
useradd -M -d / -s /bin/bash plain
printf 'asked:of asked\nplain:of plain\nroot:of root\n' | chpasswd -c SHA512
printf 'asked ALL=(ALL) ALL\n' > /etc/sudoers.d/plumbline
chmod 440 /etc/sudoers.d/plumbline
`

interface RunOfAssets {
  readonly id: string
  readonly status: string
  readonly assets: readonly { assetId: string; name: string; state: string; reason: string | null }[]
  readonly standards: readonly { standardId: string }[]
}

test(
  'one job logs in to each asset by the nearest credential, whatever its kind, and collects nothing from what is no UNIX machine',
  { skip: noSshd, timeout: 240_000 },
  async (t) => {
    // As for the server: sshd wants that nobody else can write on the way to it.
    const folder = mkdtempSync('/run/plumbline-credentials-')
    const servers: TestServer[] = []
    let server: RunningServer | undefined
    t.after(async () => {
      await server?.remove()
      for (const one of servers) one.stop()
      rmSync(folder, { recursive: true })
    })
    const path = (name: string): string => join(folder, name)
    const text = (name: string): string => readFileSync(path(name), 'utf8')
    makeKey(path('authority'))
    makeKey(path('locked'), 'ed25519', 'of the key')
    makeKey(path('certified'))
    execFileSync('ssh-keygen', ['-q', '-s', path('authority'), '-I', 'e2e', '-n', 'root', `${path('certified')}.pub`])
    const host = async (...settings: readonly string[]): Promise<TestServer> => {
      const one = await startSshd({ setUp: accounts, settings: [...settings, 'MaxStartups 100'] })
      servers.push(one)
      return one
    }
    const usual = await host('PasswordAuthentication yes', `AuthorizedKeysFile ${path('locked')}.pub`)
    const trusting = await host(`TrustedUserCAKeys ${path('authority')}.pub`, 'AuthorizedKeysFile none')
    const old = await host('Ciphers aes128-cbc', 'KexAlgorithms diffie-hellman-group14-sha1', 'MACs hmac-sha1')

    const running = await RunningServer.start({ environment: { PLUMBLINE_UNKNOWN_HOST_KEYS: 'accept-new' } })
    server = running
    const call = async (method: string, url: string, body?: unknown, status = 200): Promise<unknown> => {
      const answer = await running.request(method, url, body)
      assert.equal(answer.status, status, `${method} ${url}: ${answer.text}`)
      return answer.body
    }
    for (const one of ['Web', 'Web\\Front'])
      await call('POST', '/api/v1/folders', { path: `Asset System\\${one}` }, 201)
    const machine = (name: string, at: TestServer, more: object = {}): object => ({
      Type: unix,
      [`${unix}-HostMachine`]: name,
      [`${unix}-IPAddress`]: '127.0.0.1',
      [`${unix}-SSHPortNo`]: String(at.port),
      ...more,
    })
    const sent = [
      machine('sudo-password', usual),
      machine('sudo-wrong', usual),
      machine('su', usual),
      machine('passphrase', usual),
      machine('certificate', trusting),
      machine('legacy', old, { [`${unix}-LegacyAlgorithms`]: 'true' }),
      machine('legacy-refused', old),
      machine('by-expression', usual, { [`${prefix}AssetBase-Owner`]: 'Web team' }),
      machine('own-before-group', usual, { [`${prefix}AssetBase-Owner`]: 'Web team' }),
      machine('by-folder', usual, { container: 'Web' }),
      machine('by-folder-above', usual, { container: 'Web\\Front' }),
      { Type: `${prefix}Cisco-Router`, [`${prefix}Cisco-Router-IPAddress`]: '127.0.0.1' },
      {
        Type: `${prefix}Wnt-Machine`,
        [`${prefix}Wnt-Machine-HostName`]: 'windows',
        [`${prefix}Wnt-Machine-DomainWorkgroupName`]: 'CORP',
      },
    ]
    const made = (await call('POST', '/ccs/api/v1/assets', sent, 201)) as { Id: string; DisplayName: string }[]
    const idOf = (name: string): string => made.find(({ DisplayName }) => DisplayName === name)?.Id ?? name
    const group = (await call(
      'POST',
      '/api/v1/asset-groups',
      { name: 'Web team', expression: `${prefix}AssetBase-Owner = web team` },
      201,
    )) as { id: string }
    const credential = (name: string, body: object): Promise<unknown> =>
      call('POST', '/api/v1/credentials', { name, ...body }, 201)
    const key = { user: 'root', privateKey: text('locked'), passphrase: 'of the key' }
    const wrong = { user: 'root', password: 'wrong' }
    const sudo = { user: 'asked', password: 'of asked', elevation: 'sudo' }
    const su = { user: 'plain', password: 'of plain', elevation: 'su', elevationPassword: 'of root' }
    for (const [name, body] of [
      ['sudo-password', sudo],
      ['sudo-wrong', { ...sudo, elevationPassword: 'wrong' }],
      ['su', su],
      ['passphrase', key],
      ['certificate', { user: 'root', privateKey: text('certified') + text('certified-cert.pub') }],
    ] as const) {
      await credential(name, { ...body, assets: [idOf(name)] })
    }
    await credential('old', { user: 'root', privateKey: old.key, assets: [idOf('legacy'), idOf('legacy-refused')] })
    await credential('group', { ...su, assetGroups: [group.id] })
    await credential('own', { ...key, assets: [idOf('own-before-group')] })
    await credential('folder', { ...sudo, folders: ['Asset System\\Web'] })
    // Farther from all of them: whoever used it would be refused.
    await credential('last', { ...wrong, folders: ['Asset System'] })

    const { standardDataList } = (await call('GET', '/ccs/api/v1/Standards?Attributes=(displayName = *)')) as {
      standardDataList: { Id: string; DisplayName: string }[]
    }
    const { JobID } = (await call(
      'POST',
      '/ccs/api/v1/jobs',
      {
        JobType: 'CollectionEvaluationJob',
        JobDetails: {
          JobName: 'All ways in',
          AssetsResolutionInfo: made.map(({ Id }) => ({ Id, Type: '' })),
          Standards: [standardDataList.find(({ DisplayName }) => /essential/i.test(DisplayName))?.Id],
          Schedule: { RunNow: true },
        },
      },
      201,
    )) as { JobID: string }
    const run = await ended(call, JobID)

    const expected: Readonly<Record<string, string>> = {
      '127.0.0.1': 'unsupported-platform',
      'legacy-refused': 'no-common-algorithm',
      'sudo-wrong': 'elevation-failed',
      windows: 'unsupported-platform',
    }
    assert.deepEqual(
      Object.fromEntries(run.assets.map(({ name, state, reason }) => [name, reason ?? state])),
      Object.fromEntries(made.map(({ DisplayName }) => [DisplayName, expected[DisplayName] ?? 'completed'])),
    )
    for (const { assetId, name, reason } of run.assets) {
      const { rules } = (await call('GET', `/api/v1/results/${run.id}/${assetId}/${run.standards[0]?.standardId}`)) as {
        rules: { result: string }[]
      }
      const results = new Set(rules.map(({ result }) => result))
      // What only the administrator may read is read; from what was not reached nothing is known.
      if (reason === null)
        assert.ok(!results.has('error') && !results.has('unknown'), `${name}: ${[...results].join()}`)
      else assert.deepEqual([...results], ['unknown'], name)
    }
  },
)

type Call = (method: string, url: string) => Promise<unknown>

async function ended(call: Call, jobId: string): Promise<RunOfAssets> {
  for (const end = Date.now() + 180_000; Date.now() < end;) {
    const [run] = (await call('GET', `/ccs/api/v1/jobs/${jobId}/jobruns?count=1`)) as {
      JobRunID: string
      Status: string
    }[]
    if (run !== undefined && !['Queued', 'Executing', 'Scheduled'].includes(run.Status)) {
      return { ...((await call('GET', `/api/v1/runs/${run.JobRunID}`)) as RunOfAssets), id: run.JobRunID }
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('the run did not end')
}
