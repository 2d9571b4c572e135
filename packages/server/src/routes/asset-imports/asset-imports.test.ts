import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../../db/database.ts'
import { describeOnBothDatabases } from '../../db/testing.ts'
import type { ImportReport } from '../../imports/import-assets.ts'
import { operations } from '../../operations.ts'
import { addFolder } from '../../store/testing.ts'
import { sixTasks, startTestApi } from '../jobs/testing.ts'
import type { TestReply } from '../jobs/testing.ts'

const unix = 'symc-csm-AssetSystem-Asset-Unix-Machine'
const base = 'symc-csm-AssetSystem-Asset-AssetBase'

type Send = (method: 'DELETE' | 'GET' | 'PATCH' | 'POST' | 'PUT', url: string, body?: unknown) => Promise<TestReply>

/** Anna may manage the whole asset system, Bob only what is below the folder Web. */
async function inWorld(
  withDatabase: Parameters<Parameters<typeof describeOnBothDatabases>[1]>[0],
  use: (world: { readonly anna: Send; readonly bob: Send; readonly database: Database }) => Promise<void>,
): Promise<void> {
  await withDatabase(async (database) => {
    const api = await startTestApi(database, operations)
    try {
      for (const path of ['Asset System', 'Asset System\\Assets', 'Asset System\\Web', 'Standards']) {
        await addFolder(database.kysely, path)
      }
      const tasks = [...sixTasks, 'View all jobs', 'Manage assets and asset groups'] as const
      const tokens = {
        anna: await api.addCaller('anna', tasks, ['Asset System', 'Standards']),
        bob: await api.addCaller('bob', tasks, ['Asset System\\Web', 'Standards']),
      }
      const as =
        (token: string): Send =>
        (method, url, body) =>
          api.send(method, url, { token, ...(body === undefined ? {} : { body }) })
      await use({ anna: as(tokens.anna), bob: as(tokens.bob), database })
    } finally {
      await api.close()
    }
  })
}

async function send(as: Send, body: object): Promise<ImportReport> {
  const reply = await as('POST', '/api/v1/asset-imports', body)
  assert.equal(reply.status, 200, reply.text)
  return reply.body as ImportReport
}

/** Each line in a few words. */
const told = ({ lines }: ImportReport): string[] =>
  lines.map(({ line, name, outcome, text }) => `${line} ${name} ${outcome}${text === undefined ? '' : `: ${text}`}`)

async function names(as: Send, expression = 'displayName = *'): Promise<string[]> {
  const reply = await as('GET', `/ccs/api/v1/assets?Attributes=(${encodeURIComponent(expression)})`)
  assert.equal(reply.status, 200, reply.text)
  return (reply.body as { assetDataList: { DisplayName: string }[] }).assetDataList.map((one) => one.DisplayName)
}

const ansible = `[web]
web-1 ansible_host=10.0.0.1 ansible_port=2222
web-2 ansible_host=10.0.0.2
[db]
db-1 ansible_host=10.0.0.3
local ansible_connection=local
[live:children]
web
db
`

describeOnBothDatabases('asset imports', (withDatabase) => {
  test('an inventory twice makes its assets once, and groups where they are asked for', () =>
    inWorld(withDatabase, async ({ anna, database }) => {
      const sent = { inventory: ansible, form: 'ansible-ini', groups: true }
      const tried = await send(anna, { ...sent, dryRun: true })
      assert.deepEqual([tried.created, await names(anna)], [3, []])
      const first = await send(anna, sent)
      assert.deepEqual(told(first), [
        '2 web-1 created',
        '3 web-2 created',
        '5 db-1 created',
        '6  passed over: "local" is reached by "local", not by SSH',
      ])
      const groupsOf = ({ groups }: ImportReport): string[] =>
        groups.map(({ name, members, outcome }) => `${name} ${members} ${outcome}`)
      assert.deepEqual(groupsOf(first), ['web 2 created', 'live 3 created', 'db 1 created'])
      const second = await send(anna, sent)
      assert.deepEqual([second.created, second.updated, second.unchanged, second.refused], [0, 0, 3, 0])
      assert.deepEqual(groupsOf(second), ['web 2 unchanged', 'live 3 unchanged', 'db 1 unchanged'])
      assert.deepEqual(await names(anna), ['db-1', 'web-1', 'web-2'])
      assert.deepEqual(await names(anna, `${unix}-SSHPortNo = 2222`), ['web-1'])
      const { rows } = { rows: await database.kysely.selectFrom('assets').select('address').execute() }
      assert.ok(rows.some(({ address }) => address.transport === 'ssh' && address.port === 2222))

      // The machine has moved, and left the group.
      const moved = ansible.replace('10.0.0.2', '10.0.9.9').replace('[db]\n', '[db]\nweb-2\n')
      const third = await send(anna, {
        ...sent,
        inventory: moved.replace(/^web-2 .*\n/m, '').replace('[db]\nweb-2', '[db]\nweb-2 ansible_host=10.0.9.9'),
      })
      assert.deepEqual(told(third).slice(0, 3), [
        '2 web-1 unchanged',
        '4 web-2 updated: IPAddress 10.0.0.2 → 10.0.9.9',
        '5 db-1 unchanged',
      ])
      assert.deepEqual(groupsOf(third), ['web 1 updated', 'live 3 unchanged', 'db 2 updated'])
      assert.deepEqual(await names(anna), ['db-1', 'web-1', 'web-2'])
      const audited = await database.kysely
        .selectFrom('audit_records')
        .selectAll()
        .where('action', '=', 'asset.import')
        .execute()
      assert.equal(audited.length, 2)
    }))

  test('a table brings attributes and all types of assets; each line that is refused says why', () =>
    inWorld(withDatabase, async ({ anna }) => {
      const report = await send(anna, {
        file: 'assets.csv',
        inventory: [
          `type,host,name,port,owner,${base}-Department,folder,colour,HostName,DomainWorkgroupName`,
          ',10.0.0.1,web-1,,Anna,Sales,Web,red,,',
          'symc-csm-assetsystem-asset-wnt-machine,,,,Bob,,,,WIN1,CORP',
          'symc-csm-assetsystem-asset-wnt-machine,,,,Bob,,,,WIN2,',
          'toaster,,,,,,,,,',
          ',10.0.0.3,web-3,70000,,,,,,',
          ',10.0.0.4,web-4,,,,Nowhere,,,',
          ',10.0.0.1,web-1,,,,,,,',
          '',
        ].join('\r\n'),
      })
      assert.deepEqual(told(report), [
        '2 web-1 created',
        '3 WIN1 created',
        '4  refused: symc-csm-AssetSystem-Asset-Wnt-Machine-DomainWorkgroupName: a value',
        '5  refused: its type is none of those that Create Asset knows',
        '6  refused: "10.0.0.3" has no port from 1 to 65535',
        '7 web-4 refused: Nowhere is no folder below Asset System that you may use',
        '8 web-1 refused: line 2 names the same asset',
      ])
      assert.deepEqual(report.ignoredColumns, ['colour'])
      assert.deepEqual(await names(anna, `${base}-Owner = anna & ${base}-Department = sales & path = *web`), ['web-1'])
      assert.deepEqual(await names(anna, 'type Contains Wnt'), ['WIN1'])
    }))

  test('accounts and jump hosts are kept, stay where nothing is said of them, and go where it says none', () =>
    inWorld(withDatabase, async ({ anna, database }) => {
      const wayOf = async (name: string): Promise<unknown> => {
        const row = await database.kysely
          .selectFrom('assets')
          .select('address')
          .where('display_name', '=', name)
          .executeTakeFirstOrThrow()
        assert.equal(row.address.transport, 'ssh')
        const { user, jumps } = row.address as { user?: string; jumps?: unknown }
        return { user, jumps }
      }
      const csv = (...rows: readonly string[]) => ({
        inventory: ['host,name,user,jump', ...rows, ''].join('\n'),
        form: 'csv',
      })
      assert.deepEqual(
        told(await send(anna, csv('10.0.0.1,web-1,scan,"ops@gate,[fd00::7]:2222"', '10.0.0.2,web-2,,'))),
        ['2 web-1 created', '3 web-2 created'],
      )
      const way = {
        user: 'scan',
        jumps: [
          { host: 'gate', port: 22, user: 'ops' },
          { host: 'fd00::7', port: 2222 },
        ],
      }
      assert.deepEqual(await wayOf('web-1'), way)
      assert.deepEqual(await wayOf('web-2'), { user: undefined, jumps: undefined })
      assert.deepEqual(await names(anna, `${unix}-SSHJumpHosts Contains gate & ${unix}-SSHUser = scan`), ['web-1'])

      assert.deepEqual(told(await send(anna, csv('10.0.0.1,web-1,scan,"ops@gate [fd00::7]:2222"', '10.0.0.1,,,'))), [
        '2 web-1 unchanged',
        '3 10.0.0.1 created',
      ])
      assert.deepEqual(told(await send(anna, csv('10.0.0.1,web-1,,'))), ['2 web-1 unchanged'])
      assert.deepEqual(await wayOf('web-1'), way)
      assert.deepEqual(told(await send(anna, csv('10.0.0.1,web-1,audit,none'))), [
        '2 web-1 updated: SSHUser scan → audit; SSHJumpHosts ops@gate,[fd00::7]:2222 → none',
      ])
      assert.deepEqual(await wayOf('web-1'), { user: 'audit', jumps: [] })
      assert.deepEqual(told(await send(anna, csv('10.0.0.3,web-3,,gate:0'))), [
        '2  refused: "gate:0" has no port from 1 to 65535',
      ])
      const sent = {
        Type: unix,
        [`${unix}-IPAddress`]: '10.0.0.4',
        [`${unix}-SSHJumpHosts`]: ['ops@gate', '-oProxyCommand=x'],
      }
      const refused = await anna('POST', '/ccs/api/v1/assets', [sent])
      assert.deepEqual([refused.status, refused.text.includes(`${unix}-SSHJumpHosts`)], [400, true], refused.text)
    }))

  test('a table allows legacy algorithms for an asset, and takes that back', () =>
    inWorld(withDatabase, async ({ anna, database }) => {
      const areAllowed = async (said: string, outcome: string): Promise<boolean> => {
        const inventory = `host,name,legacyAlgorithms\n10.0.0.1,old,${said}\n`
        assert.deepEqual(told(await send(anna, { inventory, form: 'csv' })), [`2 old ${outcome}`])
        const { address } = await database.kysely.selectFrom('assets').select('address').executeTakeFirstOrThrow()
        return address.transport === 'ssh' && address.legacyAlgorithms === true
      }
      assert.equal(await areAllowed('true', 'created'), true)
      assert.equal(await areAllowed('', 'unchanged'), true)
      assert.equal(await areAllowed('false', 'updated: LegacyAlgorithms true → false'), false)
      assert.equal(await areAllowed('', 'unchanged'), false)
    }))

  test('whoever may not see an asset sees nothing of its way', () =>
    inWorld(withDatabase, async ({ anna, bob }) => {
      const inventory = 'host,name,user,jump\n10.0.0.1,hidden,secret-account,ops@secret-gate\n'
      const { lines } = await send(anna, { inventory, form: 'csv' })
      const id = lines[0]?.assetId
      const seen = await anna('GET', `/ccs/api/v1/assets/${id}`)
      assert.ok(seen.text.includes('ops@secret-gate'), seen.text)
      assert.deepEqual(await names(bob, `${unix}-SSHJumpHosts Contains secret`), [])
      const again = inventory.replace('secret-gate', 'other-gate')
      const replies = [
        await bob('GET', `/ccs/api/v1/assets/${id}`),
        await bob('POST', `/api/v1/assets/${id}/test`),
        await bob('GET', '/ccs/api/v1/assets?Attributes=(displayName = *)'),
        await bob('GET', '/api/v1/host-keys'),
        await bob('POST', '/api/v1/asset-imports', { inventory: again, form: 'csv' }),
        await bob('POST', '/api/v1/asset-imports', { inventory: again, form: 'csv', dryRun: true }),
      ]
      assert.deepEqual(
        replies.map(({ status }) => status),
        [404, 404, 200, 403, 200, 200],
      )
      for (const { text } of replies) assert.doesNotMatch(text, /secret-(?:gate|account)/)
      assert.ok((await anna('GET', `/ccs/api/v1/assets/${id}`)).text.includes('ops@secret-gate'))
    }))

  test('what lies beyond the folders of the caller is neither changed nor doubled', () =>
    inWorld(withDatabase, async ({ anna, bob }) => {
      await send(anna, { inventory: 'host,name\n10.0.0.1,hidden\n', form: 'csv' })
      const report = await send(bob, {
        inventory: 'host,name,owner,folder\n10.0.0.1,hidden,Bob,Web\n10.0.0.2,own,,Web\n10.0.0.3,other,,Assets\n',
        form: 'csv',
      })
      assert.deepEqual(told(report), [
        '2 hidden refused: this asset is in a folder that you may not use',
        '3 own created',
        '4 other refused: Assets is no folder below Asset System that you may use',
      ])
      assert.deepEqual(await names(anna, `${base}-Owner = bob`), [])
      assert.deepEqual(await names(bob), ['own'])
    }))

  test('a name within a folder that the caller may not use is refused alike, whether an asset there has it or not', () =>
    inWorld(withDatabase, async ({ anna, bob }) => {
      await send(anna, { inventory: 'host,name\n10.0.0.1,hidden\n', form: 'csv' })
      const report = await send(bob, { inventory: 'host,name\n10.0.0.8,hidden\n10.0.0.9,none\n', form: 'csv' })
      assert.deepEqual(told(report), [
        '2 hidden refused: Assets is no folder below Asset System that you may use',
        '3 none refused: Assets is no folder below Asset System that you may use',
      ])
    }))

  test('a group that somebody made stays as it is', () =>
    inWorld(withDatabase, async ({ anna }) => {
      const made = await anna('POST', '/api/v1/asset-groups', {
        name: 'Web',
        folder: 'Asset System\\Assets',
        assets: [],
      })
      assert.equal(made.status, 201, made.text)
      const { groups } = await send(anna, { inventory: '[web]\nweb-1\n', form: 'ansible-ini', groups: true })
      assert.deepEqual(
        groups.map(({ outcome, text }) => [outcome, text?.slice(0, 31)]),
        [['refused', 'the folder has a group of this ']],
      )
    }))

  test('hostile inventories are refused, and too large ones', () =>
    inWorld(withDatabase, async ({ anna }) => {
      const report = await send(anna, { inventory: 'host,name\n10.0.0.1,"a\u001b[31m"\n10.0.0.2,ok\n', form: 'csv' })
      assert.match(told(report)[0] ?? '', /^2 {2}refused: "a\\u\{1b\}\[31m" is no name/)
      assert.deepEqual(await names(anna), ['ok'])
      const large = await send(anna, { inventory: 'x'.repeat(1024 * 1024 + 1), form: 'csv' })
      assert.deepEqual(told(large), ['1  refused: the inventory is larger than 1 MB; divide it'])
      for (const body of [
        {},
        { inventory: '' },
        { inventory: 'a', form: 'toml' },
        { inventory: 'a', groups: true, limit: ['a'] },
      ]) {
        assert.equal((await anna('POST', '/api/v1/asset-imports', body)).status, 400, JSON.stringify(body))
      }
    }))

  test('an import job is a job like others, but for Create Job and Update Job', () =>
    inWorld(withDatabase, async ({ anna, bob }) => {
      const schedule = { RunPeriodically: true, RunEveryNDays: true, RepeatDays: 1, StartDate: '2030-01-01T02:00:00Z' }
      const details = { JobName: 'Nightly import', JobDescription: 'From the tables', Schedule: schedule }
      const made = await anna('POST', '/api/v1/asset-import-jobs', {
        JobDetails: details,
        inventory: ansible,
        form: 'ansible-ini',
        groups: true,
      })
      assert.equal(made.status, 201, made.text)
      const { id } = made.body as { id: string }
      const found = (await anna('GET', '/ccs/api/v1/jobs?Attributes=(JobType = AssetImportJob)')).body as {
        jobDataList: { JobID: string; JobCategory: string; NextRunDate: string; JobDetails?: unknown }[]
      }
      assert.deepEqual(
        found.jobDataList.map(({ JobID, JobCategory, NextRunDate, JobDetails }) => [
          JobID,
          JobCategory,
          NextRunDate,
          JobDetails,
        ]),
        [[id, 'User-defined', '2030-01-01T02:00:00Z', undefined]],
      )
      const read = (await anna('GET', `/api/v1/asset-import-jobs/${id}`)).body as { source: object; JobDetails: object }
      assert.deepEqual(Object.keys(read.source).toSorted(), ['digest', 'form', 'groups'])
      const update = await anna('PATCH', '/ccs/api/v1/jobs/', { JobID: id, JobDetails: { JobName: 'x' } })
      assert.equal(update.status, 400)
      assert.equal((update.body as { Message: string }).Message, "Given job type 'AssetImportJob' not supported.")
      const create = await anna('POST', '/ccs/api/v1/jobs', {
        JobType: 'AssetImportJob',
        JobDetails: { ...details, JobName: 'y', AssetsResolutionInfo: [], Standards: [] },
      })
      assert.equal((create.body as { Message: string }).Message, "Given job type 'AssetImportJob' not supported.")
      assert.equal((await bob('PATCH', `/api/v1/asset-import-jobs/${id}`, { inventory: 'a' })).status, 403)
      assert.equal((await bob('GET', `/api/v1/asset-import-jobs/${id}`)).status, 403)
      const changed = await anna('PATCH', `/api/v1/asset-import-jobs/${id}`, {
        JobDetails: { Schedule: { ...schedule, StartDate: '2031-01-01T02:00:00Z' } },
        inventory: 'host\nweb-9\n',
        form: 'csv',
      })
      assert.equal(changed.status, 204, changed.text)
      const after = (await anna('GET', `/api/v1/asset-import-jobs/${id}`)).body as {
        nextRunAt: string
        source: { form: string }
      }
      assert.deepEqual([after.nextRunAt, after.source.form], ['2031-01-01T02:00:00Z', 'csv'])
      const ran = await anna('POST', `/ccs/api/v1/jobs/${id}`, { Operation: 'execute' })
      assert.equal(ran.status, 200, ran.text)
      assert.equal((await anna('POST', `/ccs/api/v1/jobs/${id}`, { Operation: 'execute' })).status, 400)
      for (const [body, member] of [
        [{ inventory: 'a' }, 'JobDetails.JobName'],
        [{ JobDetails: { JobName: 'z' } }, 'Inventory'],
        [{ JobDetails: { JobName: 'z' }, file: 'hosts.ini' }, 'File'],
        [{ JobDetails: { JobName: 'z' }, file: '../hosts.ini' }, 'File'],
        [{ JobDetails: { JobName: 'z' }, file: '/etc/passwd' }, 'File'],
        [{ JobDetails: { JobName: 'z' }, inventory: 'a', folder: 'Nowhere' }, 'Folder'],
        [{ JobDetails: { JobName: 'z' }, inventory: 'a', form: 'toml' }, 'Form'],
      ] as const) {
        const reply = await anna('POST', '/api/v1/asset-import-jobs', body)
        assert.equal(reply.status, 400, JSON.stringify(body))
        assert.equal((reply.body as { Details: { Member: string }[] }).Details[0]?.Member, member, reply.text)
      }
      const again = await anna('POST', '/api/v1/asset-import-jobs', {
        JobDetails: { JobName: 'nightly IMPORT' },
        inventory: 'a',
      })
      assert.match(again.text, /already exists/)
    }))
})
