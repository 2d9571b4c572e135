import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { describeOnBothDatabases } from '../db/testing.ts'
import { saveInventory } from '../store/asset-imports.ts'
import { runMessages } from '../store/runs.ts'
import { addFolder } from '../store/testing.ts'
import { engines } from './testing.ts'

const directory = mkdtempSync(join(tmpdir(), 'plumbline-inventories-'))
after(() => rmSync(directory, { recursive: true }))
writeFileSync(join(directory, 'hosts.ini'), 'web-7\n')
symlinkSync('/etc/hostname', join(directory, 'leads-out'))

describeOnBothDatabases('asset import jobs', (withDatabase) => {
  const inEngine = engines(withDatabase)

  test('a run imports, and tells each line; the next one finds nothing to do', () =>
    inEngine(async (engine, _standard, { kysely }) => {
      await addFolder(kysely, 'asset system\\assets')
      const digest = await kysely
        .transaction()
        .execute((tx) => saveInventory(tx, 'host,name\n10.0.0.1,web-1\n10.0.0.2,\u0007\n'))
      const jobId = await engine.addJob({ assetImport: { digest, form: 'csv', groups: false } }, 'AssetImportJob')
      const texts = async (): Promise<[string, string[]]> => {
        const { id, status } = await engine.run(jobId)
        return [status, (await runMessages(kysely, [id])).map(({ text }) => text)]
      }
      assert.deepEqual(await texts(), [
        'Completed with errors',
        [
          'Created: 1, updated: 0, unchanged: 0, refused: 1, passed over: 0.',
          'Line 3: refused: "\\u{7}" is no name: it is empty, too long, or has characters that cannot be seen.',
          'Line 2: web-1 created.',
        ],
      ])
      assert.equal((await texts())[1][0], 'Created: 0, updated: 0, unchanged: 1, refused: 1, passed over: 0.')
      const assets = await kysely.selectFrom('assets').select('display_name').execute()
      assert.deepEqual(assets, [{ display_name: 'web-1' }])
    }))

  test('a file is read below the configured directory and nowhere else', () =>
    inEngine(
      async (engine, _standard, { kysely }) => {
        await addFolder(kysely, 'asset system\\assets')
        const result = async (file: string): Promise<string> => {
          const { id, status } = await engine.run(
            await engine.addJob({ assetImport: { file, groups: false } }, 'AssetImportJob'),
          )
          const [first] = await runMessages(kysely, [id])
          return `${status}: ${first?.text}`
        }
        assert.equal(
          await result('hosts.ini'),
          'Completed: Created: 1, updated: 0, unchanged: 0, refused: 0, passed over: 0.',
        )
        for (const file of ['leads-out', '../../etc/hostname', '/etc/hostname', '.', 'absent']) {
          assert.equal(await result(file), `Failed: The inventory ${file} is not below the directory of inventories.`)
        }
      },
      { settings: { inventoryDirectory: directory } },
    ))

  test('whoever made the job needs the permission when it runs', () =>
    inEngine(async (engine, _standard, { kysely }) => {
      await addFolder(kysely, 'asset system\\assets')
      await kysely.deleteFrom('user_folders').execute()
      const digest = await kysely.transaction().execute((tx) => saveInventory(tx, 'host\nweb-1\n'))
      const { status } = await engine.run(
        await engine.addJob({ assetImport: { digest, groups: false } }, 'AssetImportJob'),
      )
      assert.equal(status, 'Failed')
      assert.deepEqual(await kysely.selectFrom('assets').selectAll().execute(), [])
    }))
})
