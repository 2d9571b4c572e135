import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeKey, noSshd, startSshd, type TestServer } from '../../../collect/src/transports/ssh/testing/sshd.ts'
import type { Database } from '../db/database.ts'
import { describeOnBothDatabases } from '../db/testing.ts'
import { addAssetGroup, setMembers } from '../store/asset-groups.ts'
import { findCandidates, saveCredential, setUses } from '../store/credentials.ts'
import { addAsset, addFolder } from '../store/testing.ts'
import { createVault } from '../vault.ts'
import { sessionOpener } from './open-session.ts'

const vault = createVault(randomBytes(32))

interface Uses {
  readonly assets?: readonly string[]
  readonly assetGroups?: readonly string[]
  readonly folders?: readonly string[]
}

/** Stores a credential, new or known, whose secret is a private key. */
async function keep(
  { kysely }: Database,
  id: string,
  name: string,
  privateKey: string,
  uses: Uses = {},
): Promise<void> {
  await kysely.transaction().execute(async (tx) => {
    const sealed = vault.seal({ privateKey }, `credential ${id}`)
    await saveCredential(tx, { id, name, user: 'root', kinds: ['privateKey'], elevation: 'none', sealed })
    assert.deepEqual(await setUses(tx, id, uses), [])
  })
}

describeOnBothDatabases('credentials of assets', (withDatabase) => {
  test('the nearest is used: the asset’s own, a group’s, that of its folder, that of a folder above', () =>
    withDatabase(async (database) => {
      const { kysely } = database
      await addFolder(kysely, 'Asset System')
      const folder = await addFolder(kysely, 'Asset System\\Web')
      await addFolder(kysely, 'Asset System\\We')
      const assetId = await addAsset(kysely, folder, { name: 'web-1' })
      const group = { displayName: 'Listed', description: '', folderId: folder, expression: null, predefined: false }
      const groupId = await kysely.transaction().execute((tx) => addAssetGroup(tx, group))
      assert.ok(groupId)
      await kysely.transaction().execute((tx) => setMembers(tx, groupId, [assetId]))
      const ids = Array.from({ length: 5 }, () => randomUUID())
      const [above, beside, own, ofGroup, ofAsset] = ids as [string, string, string, string, string]
      const used = async (): Promise<string | undefined> => (await findCandidates(kysely, assetId))[0]?.credentialId
      assert.equal(await used(), undefined)
      await keep(database, beside, 'beside', 'x', { folders: ['Asset System\\We'] })
      assert.equal(await used(), undefined)
      for (const [id, name, uses] of [
        [above, 'above', { folders: ['asset system'] }],
        [own, 'own', { folders: ['Asset System\\Web'] }],
        [ofGroup, 'group', { assetGroups: [groupId] }],
        [ofAsset, 'asset', { assets: [assetId] }],
      ] as const) {
        await keep(database, id, name, 'x', uses)
        assert.equal(await used(), id, name)
      }
    }))

  test('a credential that changes stops no session, and the next one uses the new secret', { skip: noSshd }, () =>
    withDatabase(async (database) => {
      const { kysely } = database
      const server = await startSshd()
      try {
        const folder = await addFolder(kysely, 'Asset System')
        const address = { transport: 'ssh', host: '127.0.0.1', port: server.port } as const
        const id = await addAsset(kysely, folder, { name: 'web-1', address })
        const credential = randomUUID()
        await keep(database, credential, 'fleet', server.key, { assets: [id] })
        const open = sessionOpener({
          database,
          vault,
          settings: { commandTimeoutSeconds: 20, connectTimeoutSeconds: 20, unknownHostKeys: 'accept-new' },
        })
        const session = await open({ id, name: 'web-1', address }, new AbortController().signal)
        assert.ok((await session.readText('/etc/passwd'))?.startsWith('root:'))

        makeKey(join(server.folder, 'next'))
        writeFileSync(join(server.folder, 'authorized'), readFileSync(join(server.folder, 'next.pub')))
        await keep(database, credential, 'fleet', readFileSync(join(server.folder, 'next'), 'utf8'), { assets: [id] })

        assert.ok((await session.readText('/etc/group'))?.startsWith('root:'))
        await session.close()
        const next = await open({ id, name: 'web-1', address }, new AbortController().signal)
        assert.ok((await next.readText('/etc/group'))?.startsWith('root:'))
        await next.close()
        // The old key opens nothing any more.
        await keep(database, credential, 'fleet', server.key, { assets: [id] })
        await assert.rejects(open({ id, name: 'web-1', address }, new AbortController().signal), {
          code: 'auth-refused',
        })
      } finally {
        server.stop()
      }
    }),
  )

  test('a command that takes longer than it may is ended, and the session goes on', { skip: noSshd }, () =>
    withDatabase(async (database) => {
      const { kysely } = database
      const server = await startSshd()
      try {
        const folder = await addFolder(kysely, 'Asset System')
        const bySsh = { transport: 'ssh', host: '127.0.0.1', port: server.port } as const
        const id = await addAsset(kysely, folder, { name: 'web-1', address: bySsh })
        await keep(database, randomUUID(), 'fleet', server.key, { assets: [id] })
        const open = sessionOpener({
          database,
          vault,
          settings: { commandTimeoutSeconds: 1, connectTimeoutSeconds: 20, unknownHostKeys: 'accept-new' },
        })
        for (const address of [bySsh, { transport: 'local' } as const]) {
          const session = await open({ id, name: 'web-1', address }, new AbortController().signal)
          try {
            await assert.rejects(session.run(['sleep', '30']), { code: 'timed-out' }, address.transport)
            assert.ok((await session.readText('/etc/group'))?.startsWith('root:'))
          } finally {
            await session.close()
          }
        }
      } finally {
        server.stop()
      }
    }),
  )

  test(
    'a jump host that is an asset is logged in to with its own, any other with that of the asset',
    { skip: noSshd },
    () =>
      withDatabase(async (database) => {
        const { kysely } = database
        const [bastion, server] = [await startSshd(), await startSshd()]
        try {
          const folder = await addFolder(kysely, 'Asset System')
          const at = ({ port }: TestServer) => ({ transport: 'ssh', host: '127.0.0.1', port }) as const
          const address = { ...at(server), jumps: [{ host: '127.0.0.1', port: bastion.port }] }
          const id = await addAsset(kysely, folder, { name: 'web-1', address })
          await keep(database, randomUUID(), 'web', server.key, { assets: [id] })
          const settings = {
            commandTimeoutSeconds: 20,
            connectTimeoutSeconds: 20,
            unknownHostKeys: 'accept-new',
          } as const
          const open = sessionOpener({ database, vault, settings })
          const read = async (): Promise<string | undefined> => {
            const session = await open({ id, name: 'web-1', address }, new AbortController().signal)
            const text = await session.readText('/etc/passwd')
            await session.close()
            return text
          }
          // Nothing is known of the jump host: it is offered the key of the asset, which it does not take.
          await assert.rejects(read(), { code: 'auth-refused' })
          const bastionId = await addAsset(kysely, folder, { name: 'bastion', address: at(bastion) })
          await assert.rejects(read(), { code: 'auth-refused' })
          const ofBastion = randomUUID()
          await keep(database, ofBastion, 'bastion', bastion.key, { assets: [bastionId] })
          assert.ok((await read())?.startsWith('root:'))
          // It is that asset's, not one that was made later with the same address.
          const later = await addAsset(kysely, folder, { name: 'a', address: at(bastion) })
          await keep(database, randomUUID(), 'later', server.key, { assets: [later] })
          assert.ok((await read())?.startsWith('root:'))
          await keep(database, ofBastion, 'bastion', bastion.key, { assets: [] })
          await assert.rejects(read(), { code: 'auth-refused' })
        } finally {
          bastion.stop()
          server.stop()
        }
      }),
  )
})
