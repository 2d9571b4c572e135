import assert from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { test } from 'node:test'
import { noSshd, startSshd } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import type { TestServer } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { RunningServer } from './running-server.ts'

const unix = 'symc-csm-AssetSystem-Asset-Unix-Machine'

interface Run {
  readonly JobRunID: string
  readonly Status: string
  readonly Messages: readonly { readonly Message: string }[]
}

/** A run of the job, from its start to its end. */
async function runOf(server: RunningServer, jobId: string): Promise<Run> {
  await newestRun(server, jobId)
  const started = await server.request('POST', `/ccs/api/v1/jobs/${jobId}`, { Operation: 'execute' })
  assert.equal(started.status, 200, started.text)
  const { JobRunID: id } = started.body as { JobRunID: string }
  return newestRun(server, jobId, id)
}

async function newestRun(server: RunningServer, jobId: string, id?: string): Promise<Run> {
  for (const end = Date.now() + 120_000; Date.now() < end;) {
    const answer = await server.request('GET', `/ccs/api/v1/jobs/${jobId}/jobruns?count=1&showmessages=true`)
    const [run] = answer.body as Run[]
    if (
      run !== undefined &&
      (id ?? run.JobRunID) === run.JobRunID &&
      !['Queued', 'Executing', 'Scheduled'].includes(run.Status)
    )
      return run
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('the run did not end')
}

/** Of each asset the outcomes of its rules. */
async function verdicts(server: RunningServer, runId: string): Promise<Map<string, readonly (readonly string[])[]>> {
  const { assets, standards } = (await server.request('GET', `/api/v1/runs/${runId}`)).body as {
    assets: { assetId: string; name: string }[]
    standards: { standardId: string }[]
  }
  const found = new Map<string, readonly (readonly string[])[]>()
  for (const { assetId, name } of assets) {
    const answer = await server.request('GET', `/api/v1/results/${runId}/${assetId}/${standards[0]?.standardId}`)
    assert.equal(answer.status, 200, answer.text)
    const { rules } = answer.body as { rules: { id: string; result: string }[] }
    found.set(
      name,
      rules.map(({ id, result }) => [id, result]),
    )
  }
  return found
}

test(
  'a job reads machines over SSH: by group, with one credential, each failure by its name',
  { skip: noSshd, timeout: 300_000 },
  async (t) => {
    const server = await RunningServer.start({ environment: { PLUMBLINE_CONNECT_TIMEOUT_SECONDS: '2' } })
    const hosts: TestServer[] = []
    const silent = createServer(() => undefined)
    t.after(async () => {
      for (const host of hosts) host.stop()
      silent.close()
      await server.remove()
    })
    const [web, db, changed] = await Promise.all([startSshd(), startSshd(), startSshd()])
    hosts.push(web, db, changed)
    let target = changed.port
    const relay = createServer((socket) => {
      const other = connect(target, '127.0.0.1')
      socket.on('error', () => other.destroy()).pipe(other)
      other.on('error', () => socket.destroy()).pipe(socket)
    })
    t.after(() => relay.close())
    const listen = (one: Server): Promise<number> =>
      new Promise((resolve) => one.listen(0, '127.0.0.1', () => resolve((one.address() as AddressInfo).port)))
    const [silentPort, relayPort] = [await listen(silent), await listen(relay)]
    const closed = await new Promise<number>((resolve) => {
      const one = createServer().listen(0, '127.0.0.1', () => {
        const { port } = one.address() as AddressInfo
        one.close(() => resolve(port))
      })
    })

    const machines = [
      ['web', web.port],
      ['db', db.port],
      ['changed', relayPort],
      ['silent', silentPort],
      ['closed', closed],
    ] as const
    const made = await server.request(
      'POST',
      '/ccs/api/v1/assets',
      machines.map(([name, port]) => ({
        Type: unix,
        [`${unix}-IPAddress`]: '127.0.0.1',
        [`${unix}-HostMachine`]: name,
        [`${unix}-SSHPortNo`]: String(port),
      })),
    )
    assert.equal(made.status, 201, made.text)
    const assets = new Map((made.body as { Id: string; DisplayName: string }[]).map((one) => [one.DisplayName, one.Id]))
    const group = await server.request('POST', '/api/v1/asset-groups', {
      name: 'By SSH',
      expression: `${unix}-SSHPortNo > 0`,
    })
    assert.equal(group.status, 201, group.text)
    const first = (await server.request('GET', '/ccs/api/v1/jobs?jobname=Check+this+machine')).body as { JobID: string }
    const jobId = first.JobID
    const details = { AssetsResolutionInfo: [{ Id: (group.body as { id: string }).id, Type: '' }] }
    const update = (JobDetails: object) => server.request('PATCH', '/ccs/api/v1/jobs/', { JobID: jobId, JobDetails })
    const local = await runOf(server, jobId)
    const [[, here]] = [...(await verdicts(server, local.JobRunID))] as [[string, readonly (readonly string[])[]]]
    assert.equal((await update(details)).status, 204)

    const about = (run: Run, name: string): string =>
      run.Messages.map(({ Message }) => Message).find((text) => text.includes(name)) ?? ''

    await t.test('without a credential every asset says so', async () => {
      const run = await runOf(server, jobId)
      assert.equal(run.Status, 'Failed')
      for (const [name] of machines) assert.match(about(run, name), /has no credential; add one/)
    })

    // Each server knows its own client key only.
    for (const [name, host] of [
      ['web', web],
      ['db', db],
      ['changed', changed],
    ] as const) {
      const added = await server.request('POST', '/api/v1/credentials', {
        name: `key of ${name}`,
        user: 'root',
        privateKey: host.key,
        assets: [assets.get(name)],
      })
      assert.equal(added.status, 201, added.text)
    }
    const folder = await server.request('POST', '/api/v1/credentials', {
      name: 'all others',
      user: 'root',
      password: 'a password that nobody has',
      folders: ['Asset System'],
    })
    assert.equal(folder.status, 201, folder.text)

    const hostKeys = async (): Promise<{ host: string; fingerprint: string; approvedBy: string | null }[]> =>
      ((await server.request('GET', '/api/v1/host-keys')).body as { hostKeys: never[] }).hostKeys
    const approve = async (port: number): Promise<void> => {
      const key = (await hostKeys()).find(({ host, approvedBy }) => host.endsWith(`:${port}`) && approvedBy === null)
      const reply = await server.request('POST', '/api/v1/host-keys/approvals', {
        host: key?.host,
        fingerprint: key?.fingerprint,
      })
      assert.equal(reply.status, 204, reply.text)
    }

    await t.test('a host that was never met is refused until somebody approves its key', async () => {
      const run = await runOf(server, jobId)
      assert.equal(run.Status, 'Failed')
      assert.match(about(run, `${web.port}`), /no host key is approved .* shows ssh-ed25519 SHA256:/)
      for (const port of [web.port, db.port, relayPort]) await approve(port)
    })

    await t.test(
      'a machine gives over SSH the verdicts that it gives here, and failures stay with their asset',
      async () => {
        // Behind the address there is another machine now.
        target = db.port
        const run = await runOf(server, jobId)
        assert.equal(run.Status, 'Completed with errors')
        const found = await verdicts(server, run.JobRunID)
        assert.deepEqual(found.get('web'), here)
        assert.deepEqual(found.get('db'), here)
        assert.match(about(run, `${relayPort}`), /is not the approved one/)
        assert.match(about(run, `${closed}`), /nothing listens at/)
        for (const name of ['changed', 'closed', 'silent']) {
          const outcomes = found.get(name)?.map(([, outcome]) => outcome)
          assert.equal(outcomes?.length, here.length, name)
          assert.deepEqual([...new Set(outcomes)], ['unknown'], name)
        }
      },
    )

    await t.test('facts that were found are attributes of the asset', async () => {
      const read = (await server.request('GET', `/ccs/api/v1/assets/${assets.get('web')}`)).body as {
        Attributes: { Name: string; Value: string | null }[]
      }
      const of = (name: string): string => read.Attributes.find(({ Name }) => Name === `${unix}-${name}`)?.Value ?? ''
      assert.equal(of('OSSystem'), 'Linux')
      assert.match(of('KERNELVERSION'), /^\d+\.\d+/)
      assert.match(of('SSHVersion'), /OpenSSH/)
    })

    await t.test('a test of the connection goes as far as it can, and says what stands in the way', async () => {
      const probe = async (name: string) =>
        (await server.request('POST', `/api/v1/assets/${assets.get(name)}/test`)).body as {
          ok: boolean
          steps: { step: string; ok: boolean; text: string }[]
        }
      const good = await probe('web')
      assert.deepEqual(
        good.steps.map(({ step, ok }) => [step, ok]),
        ['name', 'connect', 'ssh', 'log in', 'elevation', 'system', 'tools'].map((step) => [step, true]),
      )
      const bad = await probe('closed')
      assert.equal(bad.ok, false)
      assert.match(bad.steps.at(-1)?.text ?? '', /nothing listens there/)
      assert.match((await probe('changed')).steps.at(-1)?.text ?? '', /host-key-changed/)
    })

    await t.test(
      'the server says what an account needs for a standard, and takes credentials of such accounts',
      async () => {
        const found = await server.request('GET', '/ccs/api/v1/standards?Attributes=(displayName+%3D+*Strict)')
        const [strict] = (found.body as { standardDataList: { Id: string }[] }).standardDataList
        const reply = await server.request('GET', `/api/v1/standards/${strict?.Id}/privileges?account=audit`)
        assert.equal(reply.status, 200, reply.text)
        const { contents, sudoers } = reply.body as { contents: { path?: string }[]; sudoers: string }
        assert.ok(contents.some(({ path }) => path === '/etc/shadow'))
        assert.match(sudoers, /^audit ALL=\(root\) NOPASSWD: NOEXEC: PLUMBLINE_ATTRIBUTES/m)
        const hostile = await server.request('GET', `/api/v1/standards/${strict?.Id}/privileges?account=a%20ALL`)
        assert.equal(hostile.status, 400)
        const restricted = { name: 'narrow', user: 'audit', password: 'x', elevation: 'sudo-commands' }
        assert.equal((await server.request('POST', '/api/v1/credentials', restricted)).status, 201)
      },
    )

    await t.test('no secret is in the log of the server or in its audit trail', async () => {
      const audit = await server.request('GET', '/api/v1/audit')
      for (const secret of ['a password that nobody has', web.key.split('\n')[1] ?? '']) {
        assert.ok(!audit.text.includes(secret))
        assert.ok(!server.output.join('\n').includes(secret))
      }
    })
  },
)
