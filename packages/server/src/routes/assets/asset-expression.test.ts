import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeOnBothDatabases } from '../../db/testing.ts'
import { operations } from '../../operations.ts'
import { addFolder } from '../../store/testing.ts'
import { startTestApi } from '../jobs/testing.ts'
import type { TestApi } from '../jobs/testing.ts'

const prefix = 'symc-csm-AssetSystem-Asset-'
const unix = `${prefix}Unix-Machine`

describeOnBothDatabases('attributes to search assets by', (withDatabase) => {
  const withApi = (use: (api: TestApi, tokens: Readonly<Record<'anna' | 'bob', string>>) => Promise<void>) =>
    withDatabase(async (database) => {
      const api = await startTestApi(database, operations)
      try {
        for (const path of ['Asset System', 'Asset System\\Assets', 'Asset System\\Web'])
          await addFolder(database.kysely, path)
        const tasks = ['View assets', 'Manage assets and asset groups', 'View standards', 'View all jobs'] as const
        await use(api, {
          anna: await api.addCaller('anna', tasks, ['Asset System', 'Standards']),
          bob: await api.addCaller('bob', tasks, ['Asset System\\Web']),
        })
      } finally {
        await api.close()
      }
    })

  test('an attribute that nothing has is refused with near ones, in searches and in groups', () =>
    withApi(async (api, { anna: token }) => {
      const unknown = `${unix}-OSSytem`
      const expected = {
        Message: `There is no attribute "${unknown.toLowerCase()}" to search by.`,
        Details: [
          {
            Member: 'Attributes',
            Value: unknown.toLowerCase(),
            Allowed: `a known attribute, such as ${unix}-OSSystem`,
          },
        ],
      }
      const expression = `displayName = *, ${unknown} Contains linux`
      const search = `/ccs/api/v1/assets?Attributes=${encodeURIComponent(`(${expression})`)}`
      const searched = await api.send('GET', search, { token })
      assert.deepEqual([searched.status, searched.body], [400, expected])
      const body = { name: 'Empty for ever', expression }
      const grouped = await api.send('POST', '/api/v1/asset-groups', { token, body })
      const [detail] = expected.Details
      assert.deepEqual(
        [grouped.status, grouped.body],
        [400, { ...expected, Details: [{ ...detail, Member: 'expression' }] }],
      )
    }))

  test('an attribute that an asset was given is known to those who see the asset', () =>
    withApi(async (api, { anna, bob }) => {
      const asset = { Type: unix, [`${unix}-HostMachine`]: 'web-1', [`${unix}-Rack`]: '7' }
      const search = `/ccs/api/v1/assets?Attributes=(${unix.toLowerCase()}-RACK = 7)`
      assert.equal((await api.send('GET', search, { token: anna })).status, 400)
      assert.equal((await api.send('POST', '/ccs/api/v1/assets', { token: anna, body: [asset] })).status, 201)
      const found = await api.send('GET', search, { token: anna })
      assert.equal((found.body as { TotalRecords: number }).TotalRecords, 1)
      const body = { name: 'Rack', expression: `${unix}-Rack = 7` }
      assert.equal((await api.send('POST', '/api/v1/asset-groups', { token: anna, body })).status, 201)
      assert.equal((await api.send('GET', search, { token: bob })).status, 400)
    }))

  test('other searches name the attributes that they know', () =>
    withApi(async (api, { anna: token }) => {
      for (const [path, allowed] of [
        ['jobs?Attributes=(JobNam = x)', 'a known attribute, such as JobName'],
        ['Standards?Attributes=(Symc-Standard-Autor = x)', 'a known attribute, such as symc-Standard-Author'],
        ['AssetGroup?Attributes=(colour = x)', 'one of displayName, Id, Path, Description, Expression'],
      ] as const) {
        const reply = await api.send('GET', `/ccs/api/v1/${path}`, { token })
        const { Details } = reply.body as { Details?: { Allowed: string }[] }
        assert.deepEqual([reply.status, Details?.[0]?.Allowed], [400, allowed], path)
      }
    }))
})
