import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { noSshd, startSshd } from '../packages/collect/src/transports/ssh/testing/sshd.ts'
import { RunningServer } from './running-server.ts'

interface Run {
  readonly id: string
  readonly status: string
  readonly assets: readonly { readonly assetId: string; readonly name: string; readonly message: string | null }[]
}

/** An account that the key of the folder lets in; without a password it would be locked. */
const account = (name: string): string => `useradd -M -d / -s /bin/sh -p '*' ${name}\nchmod 755 "$F"`

test(
  'a job reads an imported machine through the jump host, and as the account, that the inventory names',
  { skip: noSshd, timeout: 300_000 },
  async (t) => {
    const server = await RunningServer.start()
    const inner = await startSshd({ setUp: account('scan'), settings: ['AllowUsers scan'] })
    // Only the jump host knows the name, and it lets nobody have a shell.
    const jump = await startSshd({
      setUp: `${account('ops')}\necho '127.0.0.1 web.inner' >>/etc/hosts`,
      settings: ['AllowUsers ops', 'AllowTcpForwarding local', 'ForceCommand /bin/false'],
    })
    t.after(async () => {
      inner.stop()
      jump.stop()
      await server.remove()
    })
    writeFileSync(join(jump.folder, 'authorized'), readFileSync(join(inner.folder, 'client.pub')))

    const call = async (method: string, path: string, body?: unknown, status = 200): Promise<unknown> => {
      const answer = await server.request(method, path, body)
      assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`)
      return answer.body
    }
    const inventory = [
      '[web]',
      `web ansible_host=web.inner ansible_port=${inner.port} ansible_user=scan`,
      '[web:vars]',
      `ansible_ssh_common_args=-o ProxyCommand="ssh -q -W %h:%p -p ${jump.port} ops@127.0.0.1"`,
      '',
    ].join('\n')
    const { lines } = (await call('POST', '/api/v1/asset-imports', { inventory })) as {
      lines: { assetId: string; outcome: string }[]
    }
    assert.deepEqual(
      lines.map(({ outcome }) => outcome),
      ['created'],
    )
    const assetId = lines[0]?.assetId ?? ''
    await call(
      'POST',
      '/api/v1/credentials',
      { name: 'fleet', user: 'nobody-there', privateKey: inner.key, folders: ['Asset System'] },
      201,
    )
    const { standardDataList: standards } = (await call(
      'GET',
      '/ccs/api/v1/Standards?Attributes=(displayName = *Essential)',
    )) as { standardDataList: { Id: string }[] }
    const { JobID: jobId } = (await call(
      'POST',
      '/ccs/api/v1/jobs',
      {
        JobType: 'CollectionEvaluationJob',
        JobDetails: {
          JobName: 'Behind the jump host',
          AssetsResolutionInfo: [{ Id: assetId, Type: '' }],
          Standards: standards.map(({ Id }) => Id),
        },
      },
      201,
    )) as { JobID: string }

    const run = async (): Promise<Run> => {
      const { JobRunID: id } = (await call('POST', `/ccs/api/v1/jobs/${jobId}`, { Operation: 'execute' })) as {
        JobRunID: string
      }
      for (const end = Date.now() + 120_000; Date.now() < end;) {
        const found = (await call('GET', `/api/v1/runs/${id}`)) as Omit<Run, 'id'>
        if (!['Queued', 'Executing', 'Scheduled'].includes(found.status)) return { ...found, id }
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      throw new Error('the run did not end')
    }
    const approveWhatWasShown = async (host: string): Promise<void> => {
      const { hostKeys } = (await call('GET', '/api/v1/host-keys')) as {
        hostKeys: { host: string; fingerprint: string; approvedAt: string | null }[]
      }
      const shown = hostKeys.filter(({ approvedAt }) => approvedAt === null)
      assert.deepEqual(
        shown.map((one) => one.host),
        [host],
      )
      await call('POST', '/api/v1/host-keys/approvals', { host, fingerprint: shown[0]?.fingerprint }, 204)
    }

    await t.test('the keys of both are to be approved, that of the jump host first', async () => {
      for (const host of [`[127.0.0.1]:${jump.port}`, `[web.inner]:${inner.port}`]) {
        const { status, assets } = await run()
        assert.equal(status, 'Failed')
        assert.ok(assets[0]?.message?.includes(`no host key is approved for ${host}`), assets[0]?.message ?? '')
        await approveWhatWasShown(host)
      }
    })

    await t.test('then its rules are decided', async () => {
      const { id, status, assets } = await run()
      assert.deepEqual([status, assets.map(({ name, message }) => [name, message])], ['Completed', [['web', null]]])
      const { rules } = (await call('GET', `/api/v1/results/${id}/${assetId}/${standards[0]?.Id}`)) as {
        rules: { result: string }[]
      }
      assert.ok(rules.filter(({ result }) => result === 'pass').length > 2)
    })

    await t.test('a test of the connection looks at the jump host, and logs in through it', async () => {
      const { steps } = (await call('POST', `/api/v1/assets/${assetId}/test`)) as {
        steps: { step: string; ok: boolean; text: string }[]
      }
      assert.deepEqual(
        steps.map(({ step, ok }) => `${step} ${ok}`),
        ['name true', 'connect true', 'ssh true', 'log in true', 'elevation false', 'system true', 'tools true'],
      )
      assert.equal(steps[1]?.text, `the jump host 127.0.0.1 port ${jump.port} takes connections`)
    })

    await t.test('without the jump host there is no way', async () => {
      jump.stop()
      const { status, assets } = await run()
      assert.equal(status, 'Failed')
      assert.ok(assets[0]?.message?.includes(`nothing listens at [127.0.0.1]:${jump.port}`), assets[0]?.message ?? '')
    })
  },
)
