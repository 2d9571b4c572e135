import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { readConfig } from './config.ts'
import { openDatabase } from './db/database.ts'
import { migrate, productionMigrations } from './db/migrate.ts'
import { withoutTestServer } from './db/testing-server.ts'
import { withServerDatabase } from './db/testing.ts'
import { onlineRotation } from './rotate-online.ts'
import { saveCredential } from './store/credentials.ts'
import { createVault, loadMasterKey, nextKeyFile } from './vault.ts'

test(
  'a process that does not take the new key in time is named, nothing is lost, and the next rotation goes on',
  { skip: withoutTestServer() },
  () =>
    withServerDatabase(process.env['TEST_DATABASE_URL'], async (url) => {
      const folder = mkdtempSync(join(tmpdir(), 'plumbline-rotate-'))
      const config = readConfig({ data: folder, databaseUrl: url }, {})
      const database = await openDatabase({ url, folder: join(folder, 'production'), maxConnections: 2 })
      // A worker that is connected and has come to a stand.
      const stuck = new pg.Client({ connectionString: url, application_name: 'plumbline web-9:4711:ab12' })
      try {
        await migrate(database.kysely, productionMigrations)
        const vault = createVault(loadMasterKey(config))
        const [id, name] = [randomUUID(), 'of web-1']
        const place = `credential ${id}`
        const others = { user: 'scan', kinds: ['password'], elevation: 'none' } as const
        await database.kysely
          .transaction()
          .execute((tx) => saveCredential(tx, { id, name, sealed: vault.seal({ password: 'x' }, place), ...others }))
        const sealed = async (): Promise<Uint8Array> =>
          (await database.kysely.selectFrom('credentials').select('sealed').executeTakeFirstOrThrow()).sealed
        const [before, key] = [await sealed(), readFileSync(join(folder, 'master.key'), 'utf8')]
        await stuck.connect()
        const rotate = onlineRotation({ config, database, vault }, 700)
        await assert.rejects(rotate({ actor: 'admin' }), {
          name: 'ConfigError',
          message:
            'the new key has not reached plumbline web-9:4711:ab12 within 0.7 s (host:process:number); what was sealed before still is with the old one, and all go on; see there whether the process hangs and end it, then rotate once more: it goes on with the same key',
        })
        assert.deepEqual(await sealed(), before)
        assert.equal(readFileSync(join(folder, 'master.key'), 'utf8'), key)
        assert.deepEqual(vault.open(before, place), { password: 'x' })
        const next = readFileSync(nextKeyFile(config), 'utf8')
        await stuck.end()
        const { sealed: count, file } = await onlineRotation({ config, database, vault })({ actor: 'admin' })
        assert.deepEqual([count, file], [1, join(folder, 'master.key')])
        assert.equal(readFileSync(join(folder, 'master.key'), 'utf8'), next)
        assert.ok(!existsSync(nextKeyFile(config)))
        assert.deepEqual(createVault(loadMasterKey(config)).open(await sealed(), place), { password: 'x' })
      } finally {
        await stuck.end()
        await database.close()
        rmSync(folder, { recursive: true })
      }
    }),
)
