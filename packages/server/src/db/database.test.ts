import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openDatabase } from './database.ts'
import { describeOnBothDatabases, withServerDatabase } from './testing.ts'
import { embeddedTemplate } from './testing-template.ts'

describeOnBothDatabases('a database', (withDatabase) => {
  test('answers instants, big integers, JSON and bytes in one form', () =>
    withDatabase(async ({ kysely }) => {
      const { rows } = await sql`
        select timestamptz '2026-11-24 03:00:00.5+01' as instant, 9007199254740993::int8 as big,
               '{"a":[1]}'::jsonb as json, decode('00ff', 'hex') as bytes, null::timestamptz as nothing`.execute(kysely)
      const [row] = rows as { bytes: Uint8Array }[]
      assert.deepEqual(
        { ...row, bytes: [...(row?.bytes ?? [])] },
        {
          instant: '2026-11-24T02:00:00.5Z',
          big: '9007199254740993',
          json: { a: [1] },
          bytes: [0, 255],
          nothing: null,
        },
      )
    }))

  test('keeps a statement of one caller out of the open transaction of another', () =>
    withDatabase(async ({ kysely }) => {
      await sql`create table marks (who text)`.execute(kysely)
      const failing = kysely.transaction().execute(async (tx) => {
        await sql`insert into marks values ('inside')`.execute(tx)
        await new Promise((resolve) => setTimeout(resolve, 20))
        throw new Error('rolled back')
      })
      const outside = sql`insert into marks values ('outside')`.execute(kysely)
      await assert.rejects(failing, /rolled back/)
      await outside
      assert.deepEqual((await sql`select who from marks`.execute(kysely)).rows, [{ who: 'outside' }])
    }))

  test('answers a statement that it has answered often after the table has changed', () =>
    withDatabase(async ({ kysely }) => {
      await sql`create table marks (who text)`.execute(kysely)
      await sql`insert into marks values ('one')`.execute(kysely)
      const read = async () => (await sql`select * from marks where who = ${'one'}`.execute(kysely)).rows
      for (let round = 0; round < 10; round += 1) assert.deepEqual(await read(), [{ who: 'one' }])
      await sql`alter table marks add column age int`.execute(kysely)
      assert.deepEqual(await read(), [{ who: 'one', age: null }])
      assert.deepEqual(await read(), [{ who: 'one', age: null }])
    }))

  test('names the constraint that a statement broke', () =>
    withDatabase(async ({ kysely }) => {
      await sql`create table once (id int primary key)`.execute(kysely)
      await sql`insert into once values (1)`.execute(kysely)
      await assert.rejects(sql`insert into once values (1)`.execute(kysely), { code: '23505', constraint: 'once_pkey' })
    }))

  test('delivers notifications', () =>
    withDatabase(async (database) => {
      const payload = Promise.withResolvers<string>()
      const boss = database.boss()
      const listening = await boss.listen?.('marks', payload.resolve, () => undefined)
      await sql`select pg_notify('marks', 'hello')`.execute(database.kysely)
      assert.equal(await payload.promise, 'hello')
      await listening?.close()
    }))
})

const postgres = process.env['TEST_DATABASE_URL']
const withoutPostgres =
  postgres === undefined && process.env['CI'] !== 'true' ? 'TEST_DATABASE_URL names no PostgreSQL server' : false

test('connections that are cut fail what is under way on them, and nothing else', { skip: withoutPostgres }, () =>
  withServerDatabase(postgres, async (url) => {
    const database = await openDatabase<object>({ url, maxConnections: 3 })
    const other = await openDatabase<object>({ url, maxConnections: 1 })
    const cut = () =>
      sql`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`.execute(other.kysely)
    try {
      const heard: string[] = []
      const listening = await database.boss().listen?.(
        'news',
        (payload) => heard.push(payload),
        () => heard.push('connected'),
      )
      for (let round = 1; round <= 5; round += 1) {
        const cutting = database.kysely.transaction().execute(async (tx) => {
          await sql`select 1`.execute(tx)
          await cut()
          // Nothing waits for the connection when it breaks.
          await new Promise((resolve) => setTimeout(resolve, 50))
          await sql`select 2`.execute(tx)
        })
        await assert.rejects(cutting)
        await until(() => heard.length === round + 1)
      }
      assert.deepEqual((await sql`select 3 as three`.execute(database.kysely)).rows, [{ three: 3 }])
      await sql`notify news, 'still here'`.execute(other.kysely)
      await until(() => heard.at(-1) === 'still here')
      await listening?.close()
    } finally {
      await database.close()
      await other.close()
    }
  }),
)

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds();) {
    assert.ok(Date.now() < end, 'waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const folder = (): string => mkdtempSync(join(tmpdir(), 'plumbline-db-'))

/** One with a database, whose making is not what the test is about. */
async function folderWithDatabase(): Promise<string> {
  const { dataDirectory } = await embeddedTemplate()
  const data = folder()
  cpSync(join(dataDirectory, 'production'), data, { recursive: true })
  return data
}

test('others have their turn between the tables while the embedded database is maintained, and may end that', async () => {
  const database = await openDatabase({ archive: (await embeddedTemplate()).archives.production })
  const turnsMeanwhile = async (asked?: AbortController): Promise<number> => {
    let isOver = false
    const maintaining = database.maintain({ signal: asked?.signal }).then(() => (isOver = true))
    let turns = 0
    for (; !isOver; turns += 1) {
      await sql`select 1`.execute(database.kysely)
      asked?.abort()
    }
    await maintaining
    return turns
  }
  const [all, few] = [await turnsMeanwhile(), await turnsMeanwhile(new AbortController())]
  await database.close()
  assert.ok(all > 20 && few < 5, `${all}, ${few}`)
})

test('nobody waits for a large table of the embedded database while runs are executing, but for the others', async () => {
  const database = await openDatabase({ archive: (await embeddedTemplate()).archives.production })
  const { kysely } = database
  for (const [table, rows] of [
    ['large', 300_000],
    ['small', 10],
  ] as const) {
    await sql`create table ${sql.table(table)} (n int, filler char(100))`.execute(kysely)
    await sql`insert into ${sql.table(table)} select n, '' from generate_series(1, ${rows}::int) n`.execute(kysely)
  }
  const vacuumed = async (busy: string): Promise<string[]> => {
    await database.maintain({ busy })
    const { rows } = await sql<{ relname: string }>`
      select relname from pg_class where relname in ('large', 'small') and relallvisible > 0 order by relname`.execute(
      kysely,
    )
    return rows.map(({ relname }) => relname)
  }
  const [meanwhile, afterwards] = [await vacuumed('select 1'), await vacuumed('select 1 where false')]
  await database.close()
  assert.deepEqual([meanwhile, afterwards], [['small'], ['large', 'small']])
})

test('a second process is told who has the embedded database', async (t) => {
  const data = await folderWithDatabase()
  t.after(() => rmSync(data, { recursive: true }))
  const database = await openDatabase({ folder: data })
  t.after(() => database.close())
  await assert.rejects(openDatabase({ folder: data }), {
    code: 'database-in-use',
    message: `the data directory ${data} is in use by process ${process.pid}; stop it, or name another directory with --data`,
  })
  await database.close()
  await (await openDatabase({ folder: data })).close()
})

test('of processes that come at once for a folder whose last process was killed, one gets it', async (t) => {
  const data = folder()
  t.after(() => rmSync(data, { recursive: true }))
  const module = new URL('./lock-file.ts', import.meta.url).href
  // Holds what it gets until its input ends.
  const holder = `
    const { lockFolder } = await import(${JSON.stringify(module)})
    process.stdin.once('data', () => {
      try { lockFolder(${JSON.stringify(data)}); console.log('mine') }
      catch (error) { console.log(error.code) }
    })
    console.log('ready')`
  for (let round = 0; round < 3; round += 1) {
    const processes = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', holder], { stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    const say = async ({ stdout }: (typeof processes)[number]) => String((await once(stdout, 'data'))[0]).trim()
    await Promise.all(processes.map(say))
    const answers = Promise.all(processes.map(say))
    for (const { stdin } of processes) stdin.write('now\n')
    assert.deepEqual((await answers).toSorted(), ['database-in-use', 'database-in-use', 'database-in-use', 'mine'])
    for (const child of processes) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
})

test('what the embedded database acknowledged is there after kill -9', async (t) => {
  const data = await folderWithDatabase()
  t.after(() => rmSync(data, { recursive: true }))
  const writer = `
    import { sql } from 'kysely'
    import { openDatabase } from ${JSON.stringify(new URL('./database.ts', import.meta.url).href)}
    const { kysely } = await openDatabase({ folder: ${JSON.stringify(data)} })
    await sql\`create table if not exists marks (n int)\`.execute(kysely)
    for (let n = 1; ; n += 1) {
      await sql\`insert into marks values (\${n})\`.execute(kysely)
      process.stdout.write(n + '\\n')
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  })
  let acknowledged = 0
  for await (const chunk of child.stdout) {
    acknowledged = Number(String(chunk).trim().split('\n').at(-1))
    if (acknowledged >= 100 && child.exitCode === null) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  const database = await openDatabase({ folder: data })
  t.after(() => database.close())
  const { rows } = await sql<{ n: number }>`select max(n) as n, count(*)::int as rows from marks`.execute(
    database.kysely,
  )
  assert.ok((rows[0]?.n ?? 0) >= acknowledged, `${rows[0]?.n} rows of ${acknowledged} acknowledged`)
})

test('a statement without an end is ended, with the transaction it is in, and the embedded database goes on', async (t) => {
  const data = await folderWithDatabase()
  t.after(() => rmSync(data, { recursive: true }))
  const database = await openDatabase<object>({ folder: data, statementLimitMs: 1000 })
  t.after(() => database.close())
  const { kysely } = database
  await sql`create table marks (n int)`.execute(kysely)
  await sql`insert into marks values (1)`.execute(kysely)
  const heard: string[] = []
  await database.boss().listen?.(
    'news',
    (payload) => heard.push(payload),
    () => undefined,
  )
  const endless = sql`select count(*) from generate_series(1, 1000000000000)`
  const transaction = kysely.transaction().execute(async (tx) => {
    await sql`insert into marks values (2)`.execute(tx)
    await assert.rejects(endless.execute(tx), { code: 'statement-timeout' })
    await sql`insert into marks values (3)`.execute(tx)
  })
  const meanwhile = sql`insert into marks values (4)`.execute(kysely)
  await assert.rejects(transaction, { code: 'statement-timeout' })
  await meanwhile
  await sql`notify news, 'still here'`.execute(kysely)
  const { rows } = await sql<{ n: number }>`select n from marks order by n`.execute(kysely)
  assert.deepEqual(
    rows.map(({ n }) => n),
    [1, 4],
  )
  assert.deepEqual(heard, ['still here'])
})

test('the embedded database refuses while its disk is full, and goes on with all it acknowledged when there is space', async (t) => {
  const data = folder()
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', data])
  if (mounted.status !== 0 && process.env['CI'] !== 'true') return t.skip('only root can mount a small disk')
  assert.equal(mounted.status, 0, String(mounted.stderr))
  const database = await openDatabase<object>({ folder: join(data, 'production'), statementLimitMs: 15_000 })
  t.after(async () => {
    await database.close()
    spawnSync('umount', ['-l', data])
    rmSync(data, { recursive: true })
  })
  const { kysely } = database
  await sql`create table marks (n int, pad text)`.execute(kysely)
  await sql`insert into marks values (0, 'x')`.execute(kysely)
  const { bavail, bsize } = statfsSync(data)
  const ballast = join(data, 'ballast')
  writeFileSync(ballast, Buffer.alloc(bavail * bsize - 3 * 2 ** 20))
  // The table stays small: what fills the disk is the log, in the middle of a commit.
  let acknowledged = 0
  const write = async (n: number): Promise<void> => {
    await sql`update marks set n = ${n}, pad = ${randomBytes(1300).toString('base64')}`.execute(kysely)
    acknowledged = n
    if (n % 150 === 0) await sql`vacuum marks`.execute(kysely)
  }
  const fill = async (): Promise<void> => {
    for (let n = 1; n < 30_000; n += 1) await write(n)
  }
  await assert.rejects(fill, { code: '53100' })
  await assert.rejects(sql`select 1`.execute(kysely), { code: 'database-closed', message: /No space left/ })
  await assert.rejects(openDatabase({ folder: join(data, 'another') }), {
    code: 'database-unreachable',
    message: /^the embedded database in \S+ cannot be opened: .*No space left on device; see that the disk has space/,
  })
  rmSync(ballast)
  for (const end = Date.now() + 30_000; ;) {
    try {
      const { rows } = await sql<{ n: number }>`select n from marks`.execute(kysely)
      assert.deepEqual(rows, [{ n: acknowledged }])
      break
    } catch (error) {
      if (error instanceof assert.AssertionError || Date.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  await write(acknowledged + 1)
})

test('an embedded database is made wholly or not at all, whenever the process is killed', async (t) => {
  const data = folder()
  const program = `const { openDatabase } = await import(${JSON.stringify(new URL('./database.ts', import.meta.url).href)})
    await openDatabase({ folder: ${JSON.stringify(data)} })`
  const found = (): string[] =>
    (existsSync(data) ? readdirSync(data) : []).filter((name) => name.startsWith('postgres'))
  const isUnderWay = (): boolean => found().some((name) => name !== 'postgres' && existsSync(join(data, name, 'base')))
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exit = once(child, 'exit')
  // Its files appear, and it is killed among them.
  while (!isUnderWay()) {
    assert.equal(child.exitCode ?? child.signalCode, null, 'it has ended before')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  child.kill('SIGKILL')
  await exit
  assert.deepEqual(
    found().filter((name) => name === 'postgres'),
    [],
  )
  const database = await openDatabase<object>({ folder: data })
  t.after(async () => {
    await database.close()
    rmSync(data, { recursive: true })
  })
  await sql`create table marks (n int)`.execute(database.kysely)
  assert.deepEqual(found(), ['postgres'])
})

test('the making of an embedded database is given up by its signal, and begins anew for the next one', async (t) => {
  const data = folder()
  const asked = new AbortController()
  const opening = openDatabase({ folder: data, signal: asked.signal })
  asked.abort()
  await assert.rejects(opening, { code: 'database-unreachable', message: /the process that makes it was ended/ })
  const database = await openDatabase({ folder: data })
  t.after(async () => {
    await database.close()
    rmSync(data, { recursive: true })
  })
  assert.deepEqual(
    readdirSync(data).filter((name) => name.startsWith('postgres')),
    ['postgres'],
  )
})
