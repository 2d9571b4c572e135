import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import type { Database } from '../../db/database.ts'
import { describeOnBothDatabases } from '../../db/testing.ts'
import { operations } from '../../operations.ts'
import { addFolder } from '../../store/testing.ts'
import { startTestApi } from '../jobs/testing.ts'
import type { TestReply } from '../jobs/testing.ts'

const unix = 'symc-csm-AssetSystem-Asset-Unix-Machine'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keys = {
  plain: privateKey.export({ format: 'pem', type: 'sec1' }).toString(),
  locked: privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'pass' }).toString(),
}

interface World {
  readonly database: Database
  readonly as: (
    who: 'anna' | 'bob',
  ) => (method: 'DELETE' | 'GET' | 'PATCH' | 'POST' | 'PUT', url: string, body?: unknown) => Promise<TestReply>
}

/** Anna may manage the whole asset system, Bob only what is below the folder Web. */
async function inWorld(
  withDatabase: Parameters<Parameters<typeof describeOnBothDatabases>[1]>[0],
  use: (world: World) => Promise<void>,
): Promise<void> {
  await withDatabase(async (database) => {
    const api = await startTestApi(database, operations)
    try {
      for (const path of ['Asset System', 'Asset System\\Assets', 'Asset System\\Web', 'Asset System\\Web\\Front'])
        await addFolder(database.kysely, path)
      const tasks = ['View assets', 'Manage assets and asset groups'] as const
      const tokens = {
        anna: await api.addCaller('anna', tasks, ['Asset System']),
        bob: await api.addCaller('bob', tasks, ['Asset System\\Web']),
      }
      await use({
        database,
        as: (who) => (method, url, body) =>
          api.send(method, url, { token: tokens[who], ...(body === undefined ? {} : { body }) }),
      })
    } finally {
      await api.close()
    }
  })
}

const machine = (name: string, more: object = {}): object => ({ Type: unix, [`${unix}-HostMachine`]: name, ...more })
const created = (reply: TestReply): { Id: string; DisplayName: string }[] => {
  assert.equal(reply.status, 201, reply.text)
  return reply.body as { Id: string; DisplayName: string }[]
}
const namesIn = (reply: TestReply): string[] =>
  (reply.body as { assetDataList: { DisplayName: string }[] }).assetDataList.map(({ DisplayName }) => DisplayName)
const details = (reply: TestReply): { Member: string; Allowed: string }[] =>
  (reply.body as { Details: { Member: string; Allowed: string }[] }).Details

describeOnBothDatabases('the asset service', (withDatabase) => {
  test('creates assets of every type of the samples, in any casing, and finds them again', () =>
    inWorld(withDatabase, async ({ as }) => {
      const anna = as('anna')
      const prefix = 'symc-csm-AssetSystem-Asset-'
      const sent = [
        {
          Type: `${prefix}Wnt-Machine`,
          [`${prefix}Wnt-Machine-HostName`]: 'WIN1',
          [`${prefix}Wnt-Machine-DomainWorkgroupName`]: 'CORP',
        },
        {
          type: unix.toUpperCase(),
          [`${unix}-ipaddress`]: '10.211.886.888',
          [`${unix}-HostMachine`]: 'web-1',
          container: 'Assets',
        },
        { Type: `${prefix}Cisco-Router`, [`${prefix}Cisco-Router-IPAddress`]: '10.0.0.1' },
        {
          Type: `${prefix}Unix-MySQL-Servers`,
          [`${prefix}Unix-MySQL-Servers-HostMachine`]: 'db-1',
          [`${prefix}Unix-MySQL-Servers-IPAddress`]: '10.0.0.2',
          [`${prefix}Unix-MySQL-Servers-InstancePortNumber`]: 3306,
        },
        {
          Type: `${prefix}Dbif-server`,
          [`${prefix}Dbif-server-SQLServerDomainName`]: 'CORP',
          [`${prefix}Dbif-server-hostName`]: 'h',
          [`${prefix}Dbif-server-serverName`]: 'sql-1',
          [`${prefix}AssetBase-Owner`]: 'Anna',
        },
      ]
      const made = created(await anna('POST', '/ccs/api/v1/assets', sent))
      assert.deepEqual(
        made.map(({ DisplayName }) => DisplayName),
        ['WIN1', 'web-1', '10.0.0.1', 'db-1', 'sql-1'],
      )
      const read = (await anna('GET', `/ccs/api/v1/Assets/${made[3]?.Id}`)).body as {
        Path: string
        Attributes: { Name: string; Value: string }[]
      }
      assert.equal(read.Path, 'Asset System\\Assets')
      const port = read.Attributes.find(({ Name }) => Name.endsWith('-InstancePortNumber'))
      assert.equal(port?.Value, '3306')
      const found = await anna('GET', `/ccs/api/v1/assets?Attributes=(${prefix}AssetBase-Owner = anna)`)
      assert.deepEqual(namesIn(found), ['sql-1'])
    }))

  test('finds what is more or less than a number, as numbers', () =>
    inWorld(withDatabase, async ({ as }) => {
      const anna = as('anna')
      const port = `${unix}-SSHPortNo`
      const sent = ['22', '222', '2200', '9'].map((number) => machine(`at-${number}`, { [port]: number }))
      created(await anna('POST', '/ccs/api/v1/assets', [...sent, machine('at-none')]))
      for (const [expression, names] of [
        [`${port} > 22`, ['at-222', 'at-2200']],
        [`${port} <= 22`, ['at-22', 'at-9']],
        [`${port} >= 100, ${port} < 1000`, ['at-222']],
        ['displayName >= at-9', ['at-9', 'at-none']],
        ['displayName > 5', []],
      ] as const) {
        const found = await anna('GET', `/ccs/api/v1/assets?Attributes=${encodeURIComponent(`(${expression})`)}`)
        assert.deepEqual(namesIn(found).toSorted(), names.toSorted(), expression)
      }
    }))

  test('finds by & and | as the documentation writes them, in any spelling of a folder, and by letters of any script', () =>
    inWorld(withDatabase, async ({ as }) => {
      const anna = as('anna')
      const owner = 'symc-csm-AssetSystem-Asset-AssetBase-Owner'
      const names = ['web-1', 'web-2', 'İstanbul', 'ÄRGER', 'שלום', '𝕏 😀']
      const sent = names.map((name) => machine(name, { container: 'Web', [owner]: `of ${name}` }))
      created(
        await anna('POST', '/ccs/api/v1/assets', [...sent, machine('db-1', { [`${unix}-IPAddresses`]: ['1', '2'] })]),
      )
      const find = async (query: string): Promise<string[]> => namesIn(await anna('GET', `/ccs/api/v1/assets?${query}`))
      assert.deepEqual(await find(`Attributes=(displayName+Contains+web&${owner}+=+OF+web-2)&page=0`), ['web-2'])
      assert.deepEqual(await find('Attributes=displayName=web-1|displayName=db-1'), ['db-1', 'web-1'])
      assert.deepEqual(await find(`Attributes=${unix}-IPAddresses = 2`), ['db-1'])
      assert.deepEqual(await find(`Attributes=${unix}-IPAddresses != 2`), ['db-1'])
      assert.deepEqual(await find(`Attributes=${unix}-IPAddresses = 3`), [])
      for (const folder of ['asset system\\WEB', '\\Asset System\\Web\\', 'Asset System/Web', ' Web '])
        assert.equal(
          (await find(`Attributes=displayName=*&ContainerPath=${encodeURIComponent(folder)}`)).length,
          6,
          folder,
        )
      assert.equal((await find('Attributes=displayName=*&ContainerPath=')).length, 7)
      for (const name of names)
        assert.deepEqual(await find(`Attributes=${encodeURIComponent(`(displayName = ${name})`)}`), [name], name)
      assert.deepEqual(await find(`Attributes=${encodeURIComponent('displayName Contains ärg')}`), ['ÄRGER'])
      const many = Array.from({ length: 51 }, () => 'Id=*').join('|')
      const refused = await anna('GET', `/ccs/api/v1/assets?Attributes=${many}`)
      assert.match(details(refused)[0]?.Allowed ?? '', /at most 50 conditions/)
    }))

  test('creates all of a request or none, and says what stood in the way of each', () =>
    inWorld(withDatabase, async ({ as }) => {
      const anna = as('anna')
      const rows: readonly (readonly [unknown, readonly string[]])[] = [
        [[], ['body']],
        [{}, ['body']],
        [
          ['text', null],
          ['[0]', '[1]'],
        ],
        [[{ Type: 'symc-csm-AssetSystem-Asset-Toaster' }], ['[0].Type']],
        [[{ Type: unix }], [`[0].${unix}-IPAddress`, `[0].${unix}-HostMachine`]],
        [[machine('a', { Colour: 'red' })], ['[0].Colour']],
        [[machine('a', { [`${unix}-SSHPortNo`]: '99999' })], [`[0].${unix}-SSHPortNo`]],
        [[machine('a', { [`${unix}-OSSystem`]: { a: 1 } })], [`[0].${unix}-OSSystem`]],
        [[machine('a'), machine('b', { container: 'Nowhere' })], ['[1].container']],
        [[machine('a'), machine('A')], ['[1]']],
        [[machine('a', { container: ['Web'] })], ['[0].container']],
        [[machine('a\u202eb')], [`[0].${unix}-HostMachine`]],
        [[machine('a\nb')], [`[0].${unix}-HostMachine`]],
        [[machine('a', { [`${unix}-OSSystem`]: 'x\0' })], [`[0].${unix}-OSSystem`]],
        [
          [machine('a', { 'symc-csm-AssetSystem-Asset-AssetBase-MaxRiskScores': 0 })],
          ['[0].symc-csm-AssetSystem-Asset-AssetBase-MaxRiskScores'],
        ],
      ]
      for (const [body, members] of rows) {
        const reply = await anna('POST', '/ccs/api/v1/assets', body)
        assert.equal(reply.status, 400, JSON.stringify(body))
        assert.deepEqual(
          details(reply).map(({ Member }) => Member),
          members,
        )
      }
      assert.equal((await anna('POST', '/ccs/api/v1/assets', '[')).status, 400)
      const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
      for (const member of [`${unix}-OSSystem`, 'container', 'Type', 'x'])
        assert.equal((await anna('POST', '/ccs/api/v1/assets', `[{"Type":"${unix}","${member}":${deep}}]`)).status, 400)
      assert.deepEqual(namesIn(await anna('GET', '/ccs/api/v1/assets?Attributes=(displayName = *)')), [])
      created(await anna('POST', '/ccs/api/v1/assets', [machine('a')]))
      assert.equal((await anna('POST', '/ccs/api/v1/assets', [machine('a')])).status, 400)
    }))

  test('shows, creates and deletes nothing beyond the folders of the caller', () =>
    inWorld(withDatabase, async ({ as }) => {
      const [anna, bob] = [as('anna'), as('bob')]
      const [hidden] = created(await anna('POST', '/ccs/api/v1/assets', [machine('db-1')]))
      const refused = await bob('POST', '/ccs/api/v1/assets', [machine('web-9', { container: 'Assets' })])
      assert.equal(details(refused)[0]?.Member, '[0].container')
      const [own] = created(await bob('POST', '/ccs/api/v1/assets', [machine('web-1', { container: 'Web\\Front' })]))
      assert.deepEqual(namesIn(await bob('GET', '/ccs/api/v1/assets?Attributes=(displayName = *)')), ['web-1'])
      const both = await bob('DELETE', '/ccs/api/v1/assets', [own?.Id, hidden?.Id])
      assert.equal(both.status, 404)
      assert.deepEqual(namesIn(await anna('GET', '/ccs/api/v1/assets?Attributes=(displayName = *)')), ['db-1', 'web-1'])
      // With the comma that the documentation prints.
      assert.equal((await bob('DELETE', '/ccs/api/v1/assets', `["${own?.Id}", ]`)).status, 204)
      assert.equal((await bob('GET', `/ccs/api/v1/assets/${own?.Id}`)).status, 404)
      for (const body of ['', '{}', '[]', '["x"]']) {
        assert.equal((await anna('DELETE', '/ccs/api/v1/assets', body)).status, 400, body)
      }
      created(await bob('POST', '/ccs/api/v1/assets', [machine('web-1', { container: 'Web' })]))
    }))

  test('says of an asset that exists no more than that, whether the caller may see it or not', () =>
    inWorld(withDatabase, async ({ as }) => {
      const [anna, bob] = [as('anna'), as('bob')]
      created(await anna('POST', '/ccs/api/v1/assets', [machine('hidden'), machine('seen', { container: 'Web' })]))
      const names = ['hidden', 'seen', 'new']
      const sent = names.map((name) => machine(name, { container: 'Web\\Front' }))
      const { status, body } = await bob('POST', '/ccs/api/v1/assets', sent)
      assert.equal(status, 400)
      const Allowed = 'an asset that does not exist yet'
      assert.deepEqual((body as { Details: unknown }).Details, [
        { Member: '[0]', Value: 'hidden', Allowed },
        { Member: '[1]', Value: 'seen', Allowed },
      ])
      assert.deepEqual(namesIn(await bob('GET', '/ccs/api/v1/assets?Attributes=(displayName = *)')), ['seen'])
    }))

  test('keeps groups, listed and by expression, and answers with who is in them now', () =>
    inWorld(withDatabase, async ({ as }) => {
      const [anna, bob] = [as('anna'), as('bob')]
      const [web1, web2, db] = created(
        await anna('POST', '/ccs/api/v1/assets', [
          machine('web-1', { container: 'Web' }),
          machine('web-2', { container: 'Web' }),
          machine('db-1'),
        ]),
      )
      const add = async (body: object): Promise<string> => {
        const reply = await anna('POST', '/api/v1/asset-groups', body)
        assert.equal(reply.status, 201, reply.text)
        return (reply.body as { id: string }).id
      }
      const listed = await add({ name: 'Listed', assets: [web1?.Id, db?.Id] })
      const found = await add({ name: 'Found', folder: 'Asset System\\Web', expression: 'displayName StartsWith web' })
      const members = async (id: string): Promise<string[]> =>
        namesIn(await anna('GET', `/ccs/api/v1/AssetGroup/${id}/Assets?Page=0&Pagesize=10`))
      assert.deepEqual(await members(listed), ['db-1', 'web-1'])
      assert.deepEqual(await members(found), ['web-1', 'web-2'])
      assert.equal((await anna('DELETE', '/ccs/api/v1/assets', [web2?.Id])).status, 204)
      assert.deepEqual(await members(found), ['web-1'])
      assert.equal((await anna('PUT', `/api/v1/asset-groups/${listed}/members`, { assets: [db?.Id] })).status, 204)
      assert.deepEqual(await members(listed), ['db-1'])
      const search = await anna('GET', '/ccs/api/v1/AssetGroup?Attributes=(displayName = *)&SearchSubTree=True')
      const names = (search.body as { assetGroupDataList: { DisplayName: string; Path: string }[] }).assetGroupDataList
      assert.deepEqual(
        names.map(({ DisplayName, Path }) => [DisplayName, Path]),
        [
          ['Found', 'Asset System\\Web'],
          ['Listed', 'Asset System'],
        ],
      )
      const shown = (await anna('GET', `/ccs/api/v1/assetgroup/${found}`)).body as { ID: string; DisplayName: string }
      assert.deepEqual([shown.ID, shown.DisplayName], [found, 'Found'])
      assert.equal((await bob('GET', `/ccs/api/v1/assetgroup/${listed}`)).status, 404)
      assert.equal((await bob('GET', `/ccs/api/v1/assetgroup/${listed}/assets`)).status, 404)
      assert.equal((await bob('DELETE', `/api/v1/asset-groups/${listed}`)).status, 404)
      const bad = { name: 'Bad', expression: 'displayName resembles web' }
      assert.match(details(await anna('POST', '/api/v1/asset-groups', bad))[0]?.Allowed ?? '', /operators are/)
      assert.equal((await anna('POST', '/api/v1/asset-groups', { name: 'Listed', assets: [] })).status, 400)
      assert.equal((await anna('DELETE', `/api/v1/asset-groups/${listed}`)).status, 204)
      assert.equal((await anna('GET', `/ccs/api/v1/assetgroup/${listed}`)).status, 404)
    }))

  test('leaves members of a group that the caller does not see in it', () =>
    inWorld(withDatabase, async ({ as }) => {
      const [anna, bob] = [as('anna'), as('bob')]
      const [web1, web2, db] = created(
        await anna('POST', '/ccs/api/v1/assets', [
          machine('web-1', { container: 'Web' }),
          machine('web-2', { container: 'Web' }),
          machine('db-1'),
        ]),
      )
      const sent = { name: 'Mixed', folder: 'Asset System\\Web', assets: [web1?.Id, db?.Id] }
      const { id } = (await anna('POST', '/api/v1/asset-groups', sent)).body as { id: string }
      const members = async (who: typeof anna): Promise<string[]> =>
        namesIn(await who('GET', `/ccs/api/v1/AssetGroup/${id}/Assets`))
      assert.deepEqual(await members(bob), ['web-1'])
      assert.equal((await bob('PUT', `/api/v1/asset-groups/${id}/members`, { assets: [web2?.Id] })).status, 204)
      assert.deepEqual(await members(bob), ['web-2'])
      assert.deepEqual(await members(anna), ['db-1', 'web-2'])
      assert.equal((await bob('PUT', `/api/v1/asset-groups/${id}/members`, { assets: [db?.Id] })).status, 400)
    }))

  test('takes changes of one thing at one time one after the other', () =>
    inWorld(withDatabase, async ({ as }) => {
      const anna = as('anna')
      const [web, db] = created(await anna('POST', '/ccs/api/v1/assets', [machine('web-1'), machine('db-1')]))
      const { id } = (await anna('POST', '/api/v1/asset-groups', { name: 'One', assets: [] })).body as { id: string }
      const both = [web?.Id, db?.Id]
      const statuses = async (count: number, act: (one: number) => Promise<TestReply>): Promise<string> => {
        const replies = await Promise.all(Array.from({ length: count }, (_, one) => act(one)))
        return [...new Set(replies.map(({ status }) => status))].toSorted((a, b) => a - b).join()
      }
      const put = (one: number): Promise<TestReply> =>
        anna('PUT', `/api/v1/asset-groups/${id}/members`, { assets: one % 2 === 0 ? both : both.toReversed() })
      assert.equal(await statuses(10, put), '204')
      const credentials = (one: number): Promise<TestReply> =>
        anna('POST', '/api/v1/credentials', {
          name: `c${one % 5}`,
          user: 'root',
          password: 'p',
          assets: one % 2 === 0 ? both : both.toReversed(),
        })
      assert.equal(await statuses(10, credentials), '201,400')
      const names = ['a', 'b', 'c', 'd']
      const create = (one: number): Promise<TestReply> =>
        anna(
          'POST',
          '/ccs/api/v1/assets',
          (one % 2 === 0 ? names : names.toReversed()).map((name) => machine(name)),
        )
      assert.equal(await statuses(10, create), '201,400')
      const imports = (one: number): Promise<TestReply> =>
        anna('POST', '/api/v1/asset-imports', {
          inventory: `[all]\n${(one % 2 === 0 ? names : names.toReversed()).map((name) => `${name} ansible_host=10.0.0.${one}`).join('\n')}\n[new]\na\n`,
          form: 'ansible-ini',
          groups: true,
        })
      assert.equal(await statuses(10, imports), '200')
      const remove = (one: number): Promise<TestReply> =>
        one === 5 ? anna('DELETE', `/api/v1/asset-groups/${id}`) : put(one)
      // The others may all have come before it; whoever comes later finds nothing.
      assert.match(await statuses(10, remove), /^204(,404)?$/)
      assert.equal((await put(0)).status, 404)
      const removeAll = (one: number): Promise<TestReply> =>
        anna('DELETE', '/ccs/api/v1/assets', one % 2 === 0 ? both : both.toReversed())
      assert.equal(await statuses(10, removeAll), '204,404')
    }))

  test('refuses what no database can hold, and names that end or begin with blanks', () =>
    inWorld(withDatabase, async ({ as }) => {
      const anna = as('anna')
      for (const [path, text, member] of [
        ['asset-groups', '{"name":"\\ud800","assets":[]}', 'name'],
        ['asset-groups', '{"name":"x","expression":"Id = \\ud800"}', 'expression'],
        ['asset-groups', '{"name":" x","assets":[]}', 'name'],
        ['folders', '{"path":"Asset System\\\\\\ud800"}', 'path'],
        ['folders', '{"path":"Asset System\\\\Web "}', 'path'],
        ['credentials', '{"name":"x","user":"\\udc00","password":"p"}', 'user'],
        ['credentials', '{"name":"x","user":"u","password":"p","folders":["a","\\u0000"]}', 'folders.1'],
      ] as const) {
        const reply = await anna('POST', `/api/v1/${path}`, text)
        assert.deepEqual([reply.status, details(reply)[0]?.Member], [400, member], text)
      }
      assert.equal((await anna('POST', '/api/v1/asset-groups', { name: 'Case', assets: [] })).status, 201)
      assert.equal((await anna('POST', '/api/v1/asset-groups', { name: 'cASE', assets: [] })).status, 400)
    }))

  test('creates ten thousand assets at once', () =>
    inWorld(withDatabase, async ({ as }) => {
      const anna = as('anna')
      const names = Array.from({ length: 10_000 }, (_, one) => `m-${one}`)
      const made = created(
        await anna(
          'POST',
          '/ccs/api/v1/assets',
          names.map((name) => machine(name)),
        ),
      )
      assert.deepEqual(
        made.map(({ DisplayName }) => DisplayName),
        names,
      )
      const again = await anna('POST', '/ccs/api/v1/assets', [machine('new'), machine('m-77')])
      assert.equal(details(again)[0]?.Member, '[1]')
    }))

  test('makes folders below those of the caller', () =>
    inWorld(withDatabase, async ({ as }) => {
      const bob = as('bob')
      assert.equal((await bob('POST', '/api/v1/folders', { path: 'Asset System\\Web\\Back' })).status, 201)
      assert.equal((await bob('POST', '/api/v1/folders', { path: 'Asset System\\Web\\back' })).status, 400)
      assert.equal((await bob('POST', '/api/v1/folders', { path: 'Asset System\\Other' })).status, 400)
      assert.equal((await bob('POST', '/api/v1/folders', { path: 'Nowhere\\Other' })).status, 400)
      const { folders } = (await bob('GET', '/api/v1/folders')).body as { folders: { path: string }[] }
      assert.deepEqual(
        folders.map(({ path }) => path),
        ['Asset System\\Web', 'Asset System\\Web\\Back', 'Asset System\\Web\\Front'],
      )
    }))

  test('keeps credentials, whose secrets nothing gives back', () =>
    inWorld(withDatabase, async ({ as, database }) => {
      const anna = as('anna')
      const [asset] = created(await anna('POST', '/ccs/api/v1/assets', [machine('web-1')]))
      const secret = 'not to be seen 7391'
      const body = { name: 'scan', user: 'root', password: secret, assets: [asset?.Id], folders: ['Asset System\\Web'] }
      const added = await anna('POST', '/api/v1/credentials', body)
      assert.equal(added.status, 201, added.text)
      const { id } = added.body as { id: string }
      const list = async (): Promise<Record<string, unknown>> => {
        const reply = await anna('GET', '/api/v1/credentials')
        assert.ok(!reply.text.includes(secret))
        return (reply.body as { credentials: Record<string, unknown>[] }).credentials[0] ?? {}
      }
      const { createdAt: _made, changedAt: _changed, ...shown } = await list()
      assert.deepEqual(shown, {
        id,
        name: 'scan',
        user: 'root',
        kinds: ['password'],
        elevation: 'none',
        assets: [asset?.Id],
        assetGroups: [],
        folders: ['Asset System\\Web'],
      })
      const kept = await database.kysely.selectFrom('credentials').selectAll().execute()
      const audited = await database.kysely.selectFrom('audit_records').selectAll().execute()
      assert.ok(!Buffer.from(kept[0]?.sealed ?? []).includes(secret))
      assert.ok(!JSON.stringify(audited).includes(secret))
      const changed = { elevation: 'sudo', privateKey: keys.plain, password: null, assets: [] }
      assert.equal((await anna('PATCH', `/api/v1/credentials/${id}`, changed)).status, 204)
      const after = await list()
      assert.deepEqual([after['kinds'], after['elevation'], after['assets']], [['privateKey'], 'sudo', []])
      for (const [wrong, member, why = ''] of [
        [{ name: 'x', user: 'root' }, 'password'],
        [{ name: 'x', user: 'root', password: 'p', elevation: 'su' }, 'elevationPassword'],
        [{ name: 'SCAN', user: 'root', password: 'p' }, 'name'],
        [{ name: 'x', user: 'root', password: 'p', folders: ['Nowhere'] }, 'folders'],
        [{ name: 'x', user: 'root', password: 'p', assets: [id] }, 'assets'],
        [{ name: 'x', user: 'root', privateKey: '-----BEGIN' }, 'privateKey', 'no private key in the form'],
        [{ name: 'x', user: 'root', privateKey: keys.locked }, 'privateKey', 'which was not given'],
        [{ name: 'x', user: 'root', privateKey: keys.locked, passphrase: 'other' }, 'privateKey', 'is wrong'],
      ] as const) {
        const reply = await anna('POST', '/api/v1/credentials', wrong)
        assert.equal(reply.status, 400, JSON.stringify(wrong))
        assert.equal(details(reply)[0]?.Member, member)
        assert.ok(details(reply)[0]?.Allowed.includes(why), reply.text)
      }
      const locked = { name: 'locked', user: 'root', privateKey: keys.locked, passphrase: 'pass' }
      assert.equal((await anna('POST', '/api/v1/credentials', locked)).status, 201)
      assert.equal((await as('bob')('GET', '/api/v1/credentials')).status, 403)
      assert.equal((await anna('DELETE', `/api/v1/credentials/${id}`)).status, 204)
      assert.equal((await anna('DELETE', `/api/v1/credentials/${id}`)).status, 404)
    }))
})
