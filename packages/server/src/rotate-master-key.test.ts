import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { sql } from 'kysely'
import { readConfig } from './config.ts'
import type { Config } from './config.ts'
import { openDatabase } from './db/database.ts'
import type { Database } from './db/database.ts'
import { migrate, productionMigrations } from './db/migrate.ts'
import { withoutTestServer } from './db/testing-server.ts'
import { withServerDatabase } from './db/testing.ts'
import { provideDatabases } from './db/testing-template.ts'
import { rotateMasterKey } from './rotate-master-key.ts'
import { saveCredential } from './store/credentials.ts'
import { createVault, loadMasterKey, loadNextKey, makeKeyFile, nextKeyFile } from './vault.ts'

const main = join(import.meta.dirname, '../../cli/src/main.ts')
const many = 300

interface World {
  readonly config: Config
  /** Uses the database as a server would, and closes it. */
  readonly use: <Result>(act: (database: Database) => Promise<Result>) => Promise<Result>
  /** What the keys that a server would start with make of each credential, by its name. */
  readonly secrets: (config?: Config) => Promise<Map<string, string>>
}

/** A data directory with a key, and a database with credentials sealed by it. */
async function inWorld(url: string | undefined, act: (world: World) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-rotate-'))
  const config = readConfig({ data: folder, databaseUrl: url }, {})
  const world: World = {
    config,
    use: async (work) => {
      const database = await openDatabase({ url, folder: join(folder, 'production'), maxConnections: 2 })
      try {
        return await work(database)
      } finally {
        await database.close()
      }
    },
    secrets: (with_ = config) =>
      world.use(async ({ kysely }) => {
        const next = loadNextKey(with_)
        const vault = createVault(loadMasterKey(with_), ...(next === undefined ? [] : [next]))
        const rows = await kysely.selectFrom('credentials').select(['id', 'name', 'sealed']).execute()
        const opened = (id: string, sealed: Uint8Array): string => {
          try {
            return (vault.open(sealed, `credential ${id}`) as { password: string }).password
          } catch {
            return 'cannot be opened'
          }
        }
        return new Map(rows.map(({ id, name, sealed }) => [name, opened(id, sealed)]))
      }),
  }
  try {
    // Filling an embedded database takes seconds.
    if (url === undefined && template !== undefined) cpSync(template, folder, { recursive: true })
    else {
      if (url === undefined) await provideDatabases(folder)
      await fill(world)
    }
    if (url === undefined && template === undefined) {
      template = mkdtempSync(join(tmpdir(), 'plumbline-rotate-'))
      cpSync(folder, template, { recursive: true })
    }
    await act(world)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

let template: string | undefined
after(() => template !== undefined && rmSync(template, { recursive: true }))

async function fill({ config, use }: World): Promise<void> {
  await use(async ({ kysely }) => {
    await migrate(kysely, productionMigrations)
    const vault = createVault(loadMasterKey(config))
    await kysely.transaction().execute(async (tx) => {
      for (let at = 0; at < many; at += 1) {
        const id = randomUUID()
        const sealed = vault.seal({ password: `secret ${at}` }, `credential ${id}`)
        const others = { user: 'scan', kinds: ['password'], elevation: 'none' } as const
        await saveCredential(tx, { id, name: `of ${at}`, sealed, ...others })
      }
    })
  })
}

const all = new Map(Array.from({ length: many }, (_, at) => [`of ${at}`, `secret ${at}`]))
const sorted = (map: Map<string, string>): string[] => [...map].map((one) => one.join()).toSorted()

function suite(start: (act: (world: World) => Promise<void>) => Promise<void>): void {
  test('all credentials open with the new key, and none with the old one', () =>
    start(async ({ config, secrets, use }) => {
      const old = readFileSync(join(config.dataDirectory, 'master.key'), 'utf8')
      const file = join(config.dataDirectory, 'master.key')
      assert.deepEqual(await rotateMasterKey(config), { sealed: many, already: 0, unreadable: [], file })
      assert.notEqual(readFileSync(file, 'utf8'), old)
      assert.ok(!existsSync(nextKeyFile(config)))
      assert.deepEqual(sorted(await secrets()), sorted(all))
      const before = await secrets({ ...config, masterKey: old.trim() })
      assert.deepEqual(new Set(before.values()), new Set(['cannot be opened']))
      const told = await use(({ kysely }) => kysely.selectFrom('audit_records').select(['action', 'detail']).execute())
      assert.deepEqual(told, [{ action: 'master-key.rotate', detail: { sealed: many, already: 0, unreadable: [] } }])
    }))

  test('a key that is given is taken; what no key opens stays, and is named', () =>
    start(async ({ config, secrets, use }) => {
      const [old, given] = [loadMasterKey(config), randomBytes(32).toString('base64')]
      const masterKey = Buffer.from(old).toString('base64')
      await use(({ kysely }) =>
        sql`update credentials set sealed = set_byte(sealed, length(sealed) - 1, (get_byte(sealed, length(sealed) - 1) + 1) % 256)
          where name = 'of 7'`.execute(kysely),
      )
      const fromEnvironment = { ...config, masterKey }
      await assert.rejects(rotateMasterKey(fromEnvironment), /--new-key-stdin/)
      await assert.rejects(rotateMasterKey(config, 'short'), /standard input must hold 32 bytes/)
      await assert.rejects(rotateMasterKey(fromEnvironment, masterKey), /the new key is the old one/)
      await assert.rejects(rotateMasterKey(config, masterKey), /the new key is the old one/)
      assert.ok(!existsSync(nextKeyFile(config)))
      const outcome = { already: 0, unreadable: ['of 7'], file: undefined }
      assert.deepEqual(await rotateMasterKey(fromEnvironment, given), { sealed: many - 1, ...outcome })
      assert.deepEqual(await rotateMasterKey(fromEnvironment, given), { sealed: 0, ...outcome, already: many - 1 })
      const found = await secrets({ ...config, masterKey: given })
      assert.deepEqual(sorted(found), sorted(new Map([...all, ['of 7', 'cannot be opened']])))
    }))

  test('between its steps servers open all credentials, and a second rotation ends the first', () =>
    start(async ({ config, secrets }) => {
      const [key, other] = [randomBytes(32), randomBytes(32).toString('base64')]
      // Killed before the transaction.
      makeKeyFile(nextKeyFile(config), key)
      assert.deepEqual(sorted(await secrets()), sorted(all))
      await assert.rejects(rotateMasterKey(config, other), /a rotation to another key was interrupted; end it first/)
      // Killed after it.
      const master = Buffer.from(loadMasterKey(config)).toString('base64')
      const given = key.toString('base64')
      assert.equal((await rotateMasterKey({ ...config, masterKey: master }, given)).sealed, many)
      assert.deepEqual(sorted(await secrets()), sorted(all))
      const { sealed, already } = await rotateMasterKey(config)
      assert.deepEqual([sealed, already], [0, many])
      assert.deepEqual(Buffer.from(loadMasterKey(config)), key)
      assert.ok(!existsSync(nextKeyFile(config)))
      assert.deepEqual(sorted(await secrets()), sorted(all))
    }))

  test('killed at any moment it loses nothing', { timeout: 240_000 }, () =>
    start(async ({ config, secrets }) => {
      const url = config.databaseUrl === undefined ? {} : { DATABASE_URL: config.databaseUrl }
      const { PATH, NODE_COMPILE_CACHE } = process.env
      const env = { PATH, NODE_COMPILE_CACHE, HOME: config.dataDirectory, ...url }
      const parameters = [main, 'key', 'rotate', '--data', config.dataDirectory]
      for (const delayMs of [0, 100, 1000]) {
        const child = spawn(process.execPath, parameters, { env, stdio: ['ignore', 'ignore', 'inherit'] })
        const exit = once(child, 'exit')
        // The moment that matters begins when the new key is written down.
        while (!existsSync(nextKeyFile(config)) && child.exitCode === null) {
          assert.equal(child.signalCode, null, 'it was ended')
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
        await new Promise((resolve) => setTimeout(resolve, delayMs))
        child.kill('SIGKILL')
        await exit
        if (config.databaseUrl !== undefined) await untilAlone(config.databaseUrl)
        assert.deepEqual(sorted(await secrets()), sorted(all), `killed after ${delayMs} ms`)
      }
      const { status, stdout, stderr } = spawnSync(process.execPath, parameters, { env, encoding: 'utf8' })
      assert.equal(status, 0, stderr)
      assert.match(
        stdout,
        /^300 credentials are sealed with the new key(?:, 300 of them before)?; it is in .*master.key\.$/m,
      )
      assert.deepEqual(sorted(await secrets()), sorted(all))
    }),
  )
}

/** The server notices only after a moment that whoever was killed is gone. */
async function untilAlone(url: string): Promise<void> {
  const database = await openDatabase<object>({ url, maxConnections: 1 })
  try {
    for (const end = Date.now() + 20_000; Date.now() < end;) {
      const { rows } = await sql<{ count: number }>`select count(*)::int as count from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`.execute(database.kysely)
      if (rows[0]?.count === 0) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('somebody is connected still')
  } finally {
    await database.close()
  }
}

describe('rotation of the master key, embedded database', () => {
  suite((act) => inWorld(undefined, act))

  test('nothing is made where there is nothing', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-rotate-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const config = readConfig({ data: folder }, {})
    await assert.rejects(rotateMasterKey(config), { name: 'ConfigError', message: /there is no .*master.key/ })
    writeFileSync(join(folder, 'master.key'), `${randomBytes(32).toString('base64')}\n`)
    await assert.rejects(rotateMasterKey(config), { name: 'ConfigError', message: /there is no database in/ })
    assert.ok(!existsSync(join(folder, 'production')))
  })

  test('a server that runs keeps its database', () =>
    inWorld(undefined, ({ config, use }) =>
      use(() => assert.rejects(rotateMasterKey(config), { code: 'database-in-use' })),
    ))
})

describe('rotation of the master key, PostgreSQL', { skip: withoutTestServer() }, () => {
  suite((act) => withServerDatabase(process.env['TEST_DATABASE_URL'], (url) => inWorld(url, act)))

  test('a server or worker that is connected has to be stopped first', () =>
    withServerDatabase(process.env['TEST_DATABASE_URL'], (url) =>
      inWorld(url, async ({ config, use, secrets }) => {
        await use(async ({ kysely }) => {
          await sql`select 1`.execute(kysely)
          await assert.rejects(rotateMasterKey(config), { code: 'database-in-use' })
        })
        assert.ok(!existsSync(nextKeyFile(config)))
        assert.deepEqual(sorted(await secrets()), sorted(all))
      }),
    ))
})
