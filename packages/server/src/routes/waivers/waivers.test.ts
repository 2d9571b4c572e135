import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../../db/database.ts'
import { describeOnBothDatabases } from '../../db/testing.ts'
import { addContent, compileContent } from '../../store/contents.ts'
import { addAsset, addFolder } from '../../store/testing.ts'
import { makeTestStandard } from '../../tasks/testing.ts'
import { startTestApi } from '../jobs/testing.ts'
import type { TestApi, TestReply } from '../jobs/testing.ts'
import { decideWaiverOperation } from './decide-waiver.ts'
import { endWaiverOperation } from './end-waiver.ts'
import { getWaiver, listWaiversOperation } from './list-waivers.ts'
import { requestWaiver } from './request-waiver.ts'

const operations = [listWaiversOperation, getWaiver, requestWaiver, decideWaiverOperation, endWaiverOperation]
const rule = 'xccdf_org.example_rule_mode'
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString()

interface World {
  readonly api: TestApi
  readonly standard: string
  readonly web: string
  readonly data: string
  /** Requests and looks, on machines. */
  readonly anna: string
  /** Decides, everywhere. */
  readonly boss: string
}

interface Shown {
  readonly id: string
  readonly state: string
}

const waiverOf = ({ status, body, text }: TestReply): Shown => {
  assert.ok(status === 200 || status === 201, text)
  return body as Shown
}

describeOnBothDatabases('waivers', (withDatabase) => {
  const withWorld = (use: (world: World, database: Database) => Promise<void>): Promise<void> =>
    withDatabase(async (database) => {
      const { kysely: db } = database
      const [machines, others] = [
        await addFolder(db, 'Asset System\\Machines'),
        await addFolder(db, 'Asset System\\Data'),
      ]
      const content = makeTestStandard()
      const { digest } = content.content
      const compiled = compileContent({
        kind: 'xccdf',
        digest,
        fileName: 'test',
        bytes: 1,
        benchmarks: [content.content],
      })
      const [standard = ''] = await db
        .transaction()
        .execute((tx) => addContent(tx, compiled, { folderId: machines, predefined: false }))
      const api = await startTestApi(database, operations)
      try {
        const request = ['Request Exceptions', 'View evaluation results'] as const
        const world = {
          api,
          standard,
          web: await addAsset(db, machines, { name: 'web' }),
          data: await addAsset(db, others, { name: 'data' }),
          anna: await api.addCaller('anna', request, ['Asset System\\Machines']),
          boss: await api.addCaller('boss', [...request, 'Manage Exceptions'], ['Asset System']),
        }
        await use(world, database)
      } finally {
        await api.close()
        content.remove()
      }
    })
  const request = ({ api, standard, web, anna }: World, more: object = {}, token = anna): Promise<TestReply> =>
    api.send('POST', '/api/v1/waivers', {
      token,
      body: { standard, rule, asset: web, reason: 'Replaced in May.', endsAt: inDays(30), ...more },
    })
  const decide = ({ api }: World, token: string, { id }: Shown, decision: string): Promise<TestReply> =>
    api.send('POST', `/api/v1/waivers/${id}/decision`, { token, body: { decision, comment: 'as discussed' } })
  const end = ({ api }: World, token: string, { id }: Shown): Promise<TestReply> =>
    api.send('POST', `/api/v1/waivers/${id}/end`, { token })
  const states = async ({ api, anna }: World, query = ''): Promise<string[]> => {
    const { body } = await api.send('GET', `/api/v1/waivers${query}`, { token: anna })
    return (body as { waivers: Shown[] }).waivers.map(({ state }) => state)
  }

  it('are requested by one and approved by another, and say who, what, where and until when', () =>
    withWorld(async (world, database) => {
      const requested = waiverOf(await request(world))
      assert.equal((await decide(world, world.anna, requested, 'approve')).status, 403)
      const approved = waiverOf(await decide(world, world.boss, requested, 'approve'))
      const { id, startsAt, endsAt, requestedAt, decidedAt, ...rest } = approved as unknown as Record<string, unknown>
      for (const instant of [startsAt, endsAt, requestedAt, decidedAt]) assert.match(String(instant), /^2.*Z$/)
      assert.deepEqual(rest, {
        state: 'Approved',
        standardId: world.standard,
        standardTitle: 'Test',
        ruleId: rule,
        ruleTitle: 'mode',
        scope: 'asset',
        assetId: world.web,
        assetName: 'web',
        assetGroupId: null,
        assetGroupName: null,
        folder: 'Asset System\\Machines',
        reason: 'Replaced in May.',
        requestedBy: 'anna',
        decidedBy: 'boss',
        comment: 'as discussed',
        endedBy: null,
        endedAt: null,
        reach: ['asset system'],
      })
      assert.match((await decide(world, world.boss, requested, 'deny')).text, /is Approved; it cannot be denied/)
      assert.equal(waiverOf(await end(world, world.boss, approved)).state, 'Withdrawn')
      assert.match((await end(world, world.boss, approved)).text, /is Withdrawn; it cannot be ended/)
      const audit = await database.kysely
        .selectFrom('audit_records')
        .select(['actor', 'action', 'target'])
        .orderBy('at')
        .execute()
      assert.deepEqual(
        audit.map(({ actor, action, target }) => [actor, action, target]),
        [
          ['anna', 'waiver.request', id],
          ['boss', 'waiver.approve', id],
          ['boss', 'waiver.end', id],
        ],
      )
    }))

  it('can be denied, withdrawn by whoever requested them, and expire by themselves', () =>
    withWorld(async (world, { kysely: db }) => {
      const denied = waiverOf(await request(world))
      assert.equal(waiverOf(await decide(world, world.boss, denied, 'deny')).state, 'Denied')
      assert.equal((await end(world, world.anna, denied)).status, 400)
      const withdrawn = waiverOf(await request(world))
      assert.equal(waiverOf(await end(world, world.anna, withdrawn)).state, 'Withdrawn')
      assert.match((await decide(world, world.boss, withdrawn, 'approve')).text, /is Withdrawn/)
      const others = waiverOf(await request(world, {}, world.boss))
      assert.equal((await end(world, world.anna, others)).status, 403)
      const expired = waiverOf(await request(world))
      await sql`update waivers set starts_at = now() - interval '2 days', ends_at = now() - interval '1 day'
        where id = ${expired.id}`.execute(db)
      assert.match((await decide(world, world.boss, expired, 'approve')).text, /is Expired; it cannot be approved/)
      assert.deepEqual(await states(world), ['Expired', 'Requested', 'Withdrawn', 'Denied'])
      assert.deepEqual(await states(world, '?state=expired'), ['Expired'])
    }))

  it('are approved by whoever requested them only where nobody else could', () =>
    withWorld(async (world) => {
      const own = waiverOf(await request(world, {}, world.boss))
      const chief = await world.api.addCaller('chief', ['Manage Exceptions'], ['Asset System'])
      assert.match((await decide(world, world.boss, own, 'approve')).text, /Somebody else has to approve/)
      assert.equal(waiverOf(await decide(world, chief, own, 'approve')).state, 'Approved')
    }))

  it('of an only administrator are the administrator’s own to approve', () =>
    withWorld(async (world) => {
      const own = waiverOf(await request(world, {}, world.boss))
      assert.equal(waiverOf(await decide(world, world.boss, own, 'approve')).state, 'Approved')
    }))

  it('are refused when they are on nothing, on what one may not use, or for no time', () =>
    withWorld(async (world) => {
      const { standard, web, data, anna, api } = world
      const nobody = '00000000-0000-4000-8000-000000000000'
      const refused: [object, RegExp][] = [
        [{ asset: data }, /"Member":"asset"/],
        [{ asset: nobody }, /"Member":"asset"/],
        [{ asset: undefined, assetGroup: nobody }, /"Member":"assetGroup"/],
        [{ asset: undefined }, /send one of asset, assetGroup and allAssets/],
        [{ allAssets: true }, /send one of asset, assetGroup and allAssets/],
        [{ standard: nobody }, /"Member":"standard"/],
        [{ rule: 'xccdf_org.example_rule_size' }, /"Member":"rule"/],
        [{ reason: ' ' }, /"Member":"reason"/],
        [{ endsAt: inDays(-1) }, /"Member":"endsAt"/],
        [{ startsAt: inDays(40) }, /"Member":"endsAt"/],
        [{ endsAt: 'tomorrow' }, /"Member":"endsAt"/],
        [{ endsAt: '2030-02-31T00:00:00Z' }, /"Member":"endsAt"/],
      ]
      for (const [more, why] of refused) {
        const reply = await request(world, more)
        assert.equal(reply.status, 400, JSON.stringify(more))
        assert.match(reply.text, why)
      }
      const noTask = await api.addCaller('guest', ['View evaluation results'], ['Asset System'])
      assert.equal((await request(world, {}, noTask)).status, 403)
      assert.deepEqual(await states(world), [], 'nothing was stored')
      const everywhere = waiverOf(await request(world, { asset: undefined, allAssets: true }))
      const local = await api.addCaller('local', ['Manage Exceptions'], ['Asset System\\Machines'])
      assert.equal((await decide(world, local, everywhere, 'approve')).status, 403, 'not all assets are theirs')
      const onData = waiverOf(await request(world, { asset: data }, world.boss))
      assert.equal((await decide(world, local, onData, 'approve')).status, 404)
      assert.equal((await api.send('GET', `/api/v1/waivers/${onData.id}`, { token: anna })).status, 404)
      assert.deepEqual(await states(world, `?standard=${standard}`), ['Requested'], 'what is elsewhere is not listed')
      assert.equal((await states(world, `?asset=${web}`)).length, 0)
    }))

  it('are listed page by page', () =>
    withWorld(async (world) => {
      const made: string[] = []
      for (let count = 0; count < 5; count += 1) made.push(waiverOf(await request(world)).id)
      const listed: string[] = []
      for (let after = ''; ;) {
        const reply = await world.api.send('GET', `/api/v1/waivers?limit=2${after}`, { token: world.anna })
        const { waivers, nextAfter } = reply.body as { waivers: Shown[]; nextAfter: string | null }
        listed.push(...waivers.map(({ id }) => id))
        if (nextAfter === null) break
        after = `&after=${nextAfter}`
      }
      assert.deepEqual(listed, made.toReversed())
    }))
})
