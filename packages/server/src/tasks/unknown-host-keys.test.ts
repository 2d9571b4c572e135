import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { copyFileSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeKey, noSshd, publicKey, startSshd } from '../../../collect/src/transports/ssh/testing/sshd.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import type { UnknownHostKeys } from '../jobs/job-definition.ts'
import { saveCredential, setUses } from '../store/credentials.ts'
import { listHostKeys } from '../store/host-keys.ts'
import { addAsset, addFolder } from '../store/testing.ts'
import { runAssets, runMessages } from '../store/runs.ts'
import { createVault } from '../vault.ts'
import { sessionOpener } from './open-session.ts'
import { makeTestStandard, startTestEngine } from './testing.ts'

describeOnBothDatabases('what a job says about host keys that nobody has approved', (withDatabase) => {
  test('refuse, accept-new, and the setting of the server for all other jobs', { skip: noSshd }, () =>
    withDatabase(async (database) => {
      const { kysely: db } = database
      const host = await startSshd()
      const standard = makeTestStandard()
      const vault = createVault(randomBytes(32))
      const settings = { commandTimeoutSeconds: 20, connectTimeoutSeconds: 20 }
      // The worker reads this anew for each asset, so one engine stands for servers that are set in either way.
      const server = { unknownHostKeys: 'refuse' as 'accept-new' | 'refuse', ...settings }
      const engine = await startTestEngine(database, standard, {
        openSession: sessionOpener({ database, vault, settings: server }),
      })
      try {
        const assetId = await engine.addAsset('web-1', { transport: 'ssh', host: '127.0.0.1', port: host.port })
        const credential = randomUUID()
        await db.transaction().execute(async (tx) => {
          const sealed = vault.seal({ privateKey: host.key }, `credential ${credential}`)
          const kinds = ['privateKey'] as const
          await saveCredential(tx, { id: credential, name: 'c', user: 'root', kinds, elevation: 'none', sealed })
          await setUses(tx, credential, { assets: [assetId] })
        })
        const definition = {
          assetsResolutionInfo: [{ id: assetId, type: '' }],
          standards: [engine.standardIds.small],
        }
        const run = async (unknownHostKeys: UnknownHostKeys): Promise<{ reason: string | null; said: string }> => {
          const { id } = await engine.run(await engine.addJob({ ...definition, unknownHostKeys }))
          const [asset] = await runAssets(db, id, { limit: 1 })
          const said = (await runMessages(db, [id])).map(({ text }) => text).join('\n')
          return { reason: asset?.reason ?? null, said }
        }

        server.unknownHostKeys = 'accept-new'
        const refused = await run('refuse')
        assert.equal(refused.reason, 'host-key-unknown')
        assert.match(refused.said, /shows ssh-ed25519 SHA256:.*then approve it/)
        server.unknownHostKeys = 'refuse'
        assert.equal((await run('default')).reason, 'host-key-unknown')
        assert.deepEqual(await run('accept-new'), { reason: null, said: '' })
        const [pinned] = await listHostKeys(db)
        assert.equal(pinned?.approvedBy, 'first contact')
        // What is approved once is so for every job.
        assert.equal((await run('refuse')).reason, null)

        rmSync(join(host.folder, 'host'))
        rmSync(join(host.folder, 'host.pub'))
        makeKey(join(host.folder, 'host'))
        host.reload()
        const changed = await run('accept-new')
        assert.equal(changed.reason, 'host-key-changed')
        assert.match(changed.said, /is not the approved one.*then remove the old key and approve this one/)
      } finally {
        await engine.stop()
        standard.remove()
        host.stop()
      }
    }),
  )
})

describeOnBothDatabases('two first contacts with a host at once', (withDatabase) => {
  test('the key that was met first is the host’s; who met another one is refused', { skip: noSshd }, () =>
    withDatabase(async (database) => {
      const { kysely: db } = database
      const servers = [await startSshd(), await startSshd()] as const
      copyFileSync(join(servers[0].folder, 'authorized'), join(servers[1].folder, 'authorized'))
      const relay = await startRelay(servers.map(({ port }) => port))
      const vault = createVault(randomBytes(32))
      try {
        const address = { transport: 'ssh', host: '127.0.0.1', port: relay.port } as const
        const id = await addAsset(db, await addFolder(db, 'Asset System'), { name: 'web-1', address })
        const credential = randomUUID()
        await db.transaction().execute(async (tx) => {
          const sealed = vault.seal({ privateKey: servers[0].key }, `credential ${credential}`)
          const kinds = ['privateKey'] as const
          await saveCredential(tx, { id: credential, name: 'c', user: 'root', kinds, elevation: 'none', sealed })
          await setUses(tx, credential, { assets: [id] })
        })
        const settings = {
          commandTimeoutSeconds: 20,
          connectTimeoutSeconds: 20,
          unknownHostKeys: 'accept-new',
        } as const
        const open = sessionOpener({ database, vault, settings })
        const contact = async (): Promise<string> => {
          try {
            const session = await open({ id, name: 'web-1', address }, new AbortController().signal)
            await session.close()
            return 'read'
          } catch (error) {
            return (error as { code?: string }).code ?? String(error)
          }
        }
        assert.deepEqual((await Promise.all([contact(), contact()])).toSorted(), ['host-key-changed', 'read'])
        const keys = await listHostKeys(db)
        const shown = servers.map(({ folder }) => publicKey(join(folder, 'host.pub')).toString('base64'))
        assert.deepEqual(
          keys.map(({ key }) => Buffer.from(key).toString('base64')).toSorted(),
          shown.toSorted(),
          'the other key is there to be approved',
        )
        assert.equal(keys.filter(({ approvedBy }) => approvedBy === 'first contact').length, 1)
      } finally {
        relay.stop()
        for (const server of servers) server.stop()
      }
    }),
  )
})

/** Leads each connection to the next of the ports, and none before there is one for each: all callers have asked what is known. */
async function startRelay(ports: readonly number[]): Promise<{ readonly port: number; stop(): void }> {
  const waiting: Socket[] = []
  const server = createServer((near) => {
    waiting.push(near)
    if (waiting.length < ports.length) return
    for (const [at, port] of ports.entries()) {
      const [one, far] = [waiting[at] as Socket, connect({ port, host: '127.0.0.1' })]
      one.on('error', () => far.destroy()).pipe(far)
      far.on('error', () => one.destroy()).pipe(one)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, stop: () => void server.close() }
}
