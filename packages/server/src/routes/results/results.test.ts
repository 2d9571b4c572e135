import assert from 'node:assert/strict'
import { it } from 'node:test'
import { describeOnBothDatabases } from '../../db/testing.ts'
import type { Database } from '../../db/database.ts'
import { addEvidence } from '../../store/evidence.ts'
import type { Outcome } from '../../store/outcomes.ts'
import { addResult } from '../../store/results.ts'
import type { NewResult, RuleDetail } from '../../store/results.ts'
import { addAsset, addEndedRun, addFolder, addJob, addStandardRow } from '../../store/testing.ts'
import { getAsset } from '../assets/get-asset.ts'
import { searchAssetsOperation } from '../assets/search-assets.ts'
import { getEvidence } from '../evidence/get-evidence.ts'
import { startTestApi } from '../jobs/testing.ts'
import type { TestApi } from '../jobs/testing.ts'
import { getDrift } from '../runs/get-drift.ts'
import { getRun } from '../runs/get-run.ts'
import { getRawResults } from './get-raw-results.ts'
import { getResult } from './get-result.ts'

const checkIds = [
  '6B020D29-0000-4000-8000-000000000001',
  '6b020d29-0000-4000-8000-000000000002',
  '6b020d29-0000-4000-8000-000000000003',
] as const

const rules: readonly RuleDetail[] = [
  { id: 'r1', checkId: checkIds[0].toLowerCase(), title: 'First', severity: 'high', messages: [] },
  { id: 'r2', checkId: checkIds[1], title: 'Second', severity: 'low', messages: ['why'], explanation: { a: 1 } },
  { id: 'r3', checkId: checkIds[2], title: 'Third', severity: 'medium', messages: [] },
]

interface Fixture {
  readonly assetId: string
  readonly standardId: string
  readonly runIds: readonly [string, string]
}

/** Two runs of an asset and a standard: all passed in the first, version 1.0.0; one failed in the second, 2.0.0. */
async function addResults({ kysely: db }: Database): Promise<Fixture> {
  const folder = await addFolder(db, 'asset system')
  const assetId = await addAsset(db, folder, { name: 'web-1' })
  const standard = await addStandardRow(db, folder, { title: 'Baseline', ruleCount: 3 })
  const jobId = await addJob(db, { name: 'Nightly' })
  const runIds: string[] = []
  for (const [version, outcome] of [
    ['1.0.0', 'pass'],
    ['2.0.0', 'fail'],
  ] as const) {
    const runId = await addEndedRun(db, jobId)
    runIds.push(runId)
    // One transaction, as where runs do it: the instant of the result is then that of its verdicts.
    const result: NewResult = {
      runId,
      assetId,
      standardId: standard.id,
      standardVersion: version,
      contentDigest: standard.contentDigest,
      evidenceId: null,
      collectedFrom: '2026-01-02T03:04:05.000Z',
      collectedTo: '2026-01-02T03:04:06.000Z',
      outcomes: [outcome, outcome, 'notchecked'],
      detail: { standardTitle: 'Baseline', benchmarkId: 'b', profileId: 'p', scores: { default: 50 }, rules },
    }
    await db.transaction().execute((tx) => addResult(tx, result))
  }
  return { assetId, standardId: standard.id, runIds: runIds as [string, string] }
}

describeOnBothDatabases('results', (withDatabase) => {
  const withApi = (use: (api: TestApi, database: Database, token: string) => Promise<void>): Promise<void> =>
    withDatabase(async (database) => {
      const api = await startTestApi(database, [
        getAsset,
        searchAssetsOperation,
        getRawResults,
        getResult,
        getRun,
        getDrift,
        getEvidence,
      ])
      try {
        const token = await api.addCaller(
          'reader',
          ['View evaluation results', 'View all jobs', 'View assets'],
          ['asset system', 'standards'],
        )
        await use(api, database, token)
      } finally {
        await api.close()
      }
    })

  it('raw results bear the odd names of the wire, and every member of a check is a string', () =>
    withApi(async (api, database, token) => {
      const { assetId, standardId, runIds } = await addResults(database)
      const reply = await api.send('POST', '/ccs/api/v1/Results', {
        token,
        body: { assetid: assetId.toUpperCase(), standardid: standardId, checkidlist: [checkIds[1]] },
      })
      assert.equal(reply.status, 200, reply.text)
      const { RawEvaluationResult: result } = reply.body as { RawEvaluationResult: Record<string, unknown> }
      const { 'Compliance Statistics': statistics, ...rest } = result
      assert.deepEqual(
        { ...(statistics as object), 'Evaluated on date': '' },
        {
          'Data collected on date': '2026-01-02T03:04:05Z',
          'Evaluated on date': '',
          'Compliance score': 0,
          'Compliance score without exemptions': 0,
          'Risk score': 6,
          'Passed Checks': 0,
          'Failed Checks': 2,
          'Unknown Checks': 0,
          'NotApplicable Checks': 0,
          'Exempted Checks': 0,
          'Checks to be manually reviewed': 1,
        },
      )
      assert.deepEqual(rest, {
        'Standard Name': 'Baseline',
        'Standard ID': standardId,
        'Standard Version': '2.0.0',
        'Asset ID': assetId,
        'Job Run ID': runIds[1],
        'Passed Checks': [],
        'Failed Checks': [
          {
            'Check name': 'Second',
            'Check status': 'Failed',
            CheckID: checkIds[1],
            Risk: 'Low',
            Confidentiality: 'Partial',
            Integrity: 'None',
            Availability: 'None',
            AccessVector: 'Local',
            AccessComplexity: 'Medium',
            Authentication: 'None',
            'Rule ID': 'r2',
            'Rule result': 'fail',
            Message: 'why',
          },
        ],
        'Unknown Checks': [],
        'NotApplicable Checks': [],
        'Exempted Checks': [],
        'Checks to be manually reviewed': [],
      })
    }))

  it('an asset bears the scores of its latest results, and none before it was evaluated', () =>
    withApi(async (api, database, token) => {
      const { assetId } = await addResults(database)
      const folder = await addFolder(database.kysely, 'asset system\\new')
      const fresh = await addAsset(database.kysely, folder, { name: 'web-2' })
      const base = 'symc-csm-AssetSystem-Asset-AssetBase-'
      const scores = async (id: string): Promise<unknown[]> => {
        const { body, status } = await api.send('GET', `/ccs/api/v1/assets/${id}`, { token })
        assert.equal(status, 200)
        const names = ['EvaluatedComplianceScores', 'EvaluatedRiskScores', 'MaxRiskScores']
        return names.map((name) => (body as Record<string, unknown>)[`${base}${name}`])
      }
      assert.deepEqual(await scores(assetId), [0, 6, 10])
      assert.deepEqual(await scores(fresh), ['', '', ''])
      const find = async (condition: string): Promise<string[]> => {
        const url = `/ccs/api/v1/assets?Attributes=${encodeURIComponent(`(${base}${condition})`)}`
        const { body, status } = await api.send('GET', url, { token })
        assert.equal(status, 200, condition)
        return (body as { assetDataList: { Id: string }[] }).assetDataList.map(({ Id }) => Id)
      }
      for (const condition of [
        'EvaluatedComplianceScores = 0',
        'EvaluatedComplianceScores < 50',
        'evaluatedriskscores > 5.9',
        'EvaluatedRiskScores <= 6',
        'MaxRiskScores >= 10',
      ])
        assert.deepEqual(await find(condition), [assetId], condition)
      assert.deepEqual(await find('EvaluatedRiskScores > 6'), [])
      assert.deepEqual(await find('EvaluatedComplianceScores ='), [fresh])
    }))

  it('raw results are the latest, or those of a run, or of a version', () =>
    withApi(async (api, database, token) => {
      const { assetId: AssetID, standardId: StandardID, runIds } = await addResults(database)
      const versions: unknown[] = []
      for (const more of [
        {},
        { JobRunID: runIds[0] },
        { StandardVersion: '1.0.0' },
        { StandardVersion: '9.9.9' },
        { JobRunID: AssetID },
      ]) {
        const { status, body } = await api.send('POST', '/ccs/api/v1/results', {
          token,
          body: { AssetID, StandardID, ...more },
        })
        const result = (body as { RawEvaluationResult?: { 'Standard Version': string } }).RawEvaluationResult
        versions.push(result?.['Standard Version'] ?? status)
      }
      assert.deepEqual(versions, ['2.0.0', '1.0.0', '1.0.0', 404, 404])
    }))

  it('raw results refuse what is no request for them', () =>
    withApi(async (api, _, token) => {
      const statuses: number[] = []
      for (const body of ['{', '[]', { AssetID: checkIds[0] }, { AssetID: 7, StandardID: checkIds[0] }, '']) {
        statuses.push((await api.send('POST', '/ccs/api/v1/results', { token, body })).status)
      }
      assert.deepEqual(statuses, [400, 400, 400, 400, 400])
      assert.equal((await api.send('POST', '/ccs/api/v1/results', { body: {} })).status, 401)
    }))

  it('a result comes with the explanation of every rule', () =>
    withApi(async (api, database, token) => {
      const { assetId, standardId, runIds } = await addResults(database)
      const reply = await api.send('GET', `/api/v1/results/${runIds[1]}/${assetId}/${standardId}`, { token })
      const latest = await api.send('GET', `/api/v1/results/latest/${assetId}/${standardId}`, { token })
      assert.deepEqual(latest.body, reply.body)
      const none = await api.send('GET', `/api/v1/results/latest/${standardId}/${assetId}`, { token })
      assert.deepEqual(none.body, { Message: 'There is no result of this asset and standard.' })
      const { evaluatedAt, ...body } = reply.body as Record<string, unknown>
      assert.ok(typeof evaluatedAt === 'string')
      const second = (instant: unknown): string => `${String(instant).slice(0, 19)}.000Z`
      const since = second(evaluatedAt)
      const before = await api.send('GET', `/api/v1/results/${runIds[0]}/${assetId}/${standardId}`, { token })
      const first = before.body as { evaluatedAt: string; rules: { since: string | null }[] }
      assert.deepEqual(
        first.rules.map((rule) => rule.since),
        [null, null, null],
        'what is not the present verdict has no instant',
      )
      const sinceFirst = second(first.evaluatedAt)
      assert.deepEqual(body, {
        runId: runIds[1],
        assetId,
        standardId,
        standardTitle: 'Baseline',
        standardVersion: '2.0.0',
        evidence: { id: null, collectedFrom: '2026-01-02T03:04:05Z', collectedTo: '2026-01-02T03:04:06Z' },
        reason: null,
        score: 0,
        adjustedScore: 0,
        scores: { default: 50 },
        counts: { fail: 2, notchecked: 1 },
        rules: [
          { ...rules[0], result: 'fail', since, waiver: null },
          { ...rules[1], result: 'fail', since, waiver: null },
          { ...rules[2], result: 'notchecked', since: sinceFirst, waiver: null },
        ],
      })
      assert.equal((await api.send('GET', `/api/v1/results/${runIds[1]}/${assetId}/x`, { token })).status, 404)
    }))

  it('an explanation is for those who may see the asset, raw results for all who may see results', () =>
    withApi(async (api, database) => {
      const { assetId, standardId, runIds } = await addResults(database)
      const other = await api.addCaller('other', ['View evaluation results'], ['asset system\\web'])
      const path = `/api/v1/results/${runIds[1]}/${assetId}/${standardId}`
      assert.equal((await api.send('GET', path, { token: other })).status, 404)
      const raw = { AssetID: assetId, StandardID: standardId }
      assert.equal((await api.send('POST', '/ccs/api/v1/results', { token: other, body: raw })).status, 200)
    }))

  it('drift names what changed between two runs, and why', () =>
    withApi(async (api, database, token) => {
      const { assetId, standardId, runIds } = await addResults(database)
      const [from, to] = runIds
      const reply = await api.send('GET', `/api/v1/runs/${from}/drift/${to}`, { token })
      assert.equal(reply.status, 200, reply.text)
      const change = (rule: RuleDetail) => ({
        ruleId: rule.id,
        title: rule.title,
        severity: rule.severity,
        from: 'pass',
        to: 'fail',
        waivedFrom: null,
        waivedTo: null,
      })
      assert.deepEqual(reply.body, {
        drift: [
          {
            assetId,
            assetName: 'web-1',
            folder: 'asset system',
            standardId,
            standardTitle: 'Baseline',
            cause: 'engine changed',
            rules: rules.slice(0, 2).map(change),
          },
        ],
        nextAfter: null,
      })
      const causeOf = async (): Promise<unknown> =>
        ((await api.send('GET', `/api/v1/runs/${from}/drift/${to}`, { token })).body as { drift: { cause: string }[] })
          .drift[0]?.cause
      const evidence = await addEvidence(database.kysely, {
        assetId,
        runId: to,
        planDigest: 'p',
        collected: {
          systemInfo: { osName: '', osVersion: '', architecture: '', primaryHostName: '', interfaces: [] },
          objects: {},
        },
      })
      const newest = database.kysely.updateTable('results').where('run_id', '=', to)
      await newest.set({ evidence_id: evidence.id }).execute()
      assert.equal(await causeOf(), 'evidence changed')
      const other = await addStandardRow(
        database.kysely,
        (await database.kysely.selectFrom('folders').select('id').executeTakeFirstOrThrow()).id,
        { title: 'Other', ruleCount: 3 },
      )
      await newest.set({ content_digest: other.contentDigest }).execute()
      assert.equal(await causeOf(), 'content changed')
      const stranger = await api.addCaller(
        'stranger',
        ['View all jobs', 'View evaluation results'],
        ['asset system\\web'],
      )
      const hidden = await api.send('GET', `/api/v1/runs/${from}/drift/${to}`, { token: stranger })
      assert.deepEqual(hidden.body, { drift: [], nextAfter: null })
    }))

  it('drift tells another engine from other evidence, rule by rule', () =>
    withApi(async (api, { kysely: db }, token) => {
      const folder = await addFolder(db, 'asset system')
      const assetId = await addAsset(db, folder, { name: 'web-1' })
      const standard = await addStandardRow(db, folder, { title: 'Baseline', ruleCount: 3 })
      const jobId = await addJob(db, { name: 'Nightly' })
      const systemInfo = { osName: '', osVersion: '', architecture: '', primaryHostName: '', interfaces: [] }
      /** Of the rules: what was found of two items, in this order; undefined without an explanation. */
      type Found = readonly (readonly string[] | undefined)[]
      const addRun = async (
        engine: string | undefined,
        host: string,
        outcome: Outcome,
        found: Found,
      ): Promise<string> => {
        const runId = await addEndedRun(db, jobId)
        const collected = { systemInfo: { ...systemInfo, primaryHostName: host }, objects: {} }
        const { id: evidenceId } = await addEvidence(db, { assetId, runId, planDigest: 'p', collected })
        const explained = rules.map((rule, at) => {
          const items = found[at]?.map((text) => ({ result: outcome, states: [{ found: [text], result: outcome }] }))
          const test = { id: 't', result: outcome, items, messages: [`it is ${outcome}`] }
          const explanation = {
            checks: [{ definitionId: 'd', result: outcome, criteria: { result: outcome }, tests: [test] }],
          }
          return items === undefined ? rule : { ...rule, explanation }
        })
        await addResult(db, {
          runId,
          assetId,
          standardId: standard.id,
          standardVersion: '1.0.0',
          contentDigest: standard.contentDigest,
          evidenceId,
          collectedFrom: null,
          collectedTo: null,
          outcomes: [outcome, outcome, outcome],
          detail: { standardTitle: 'Baseline', benchmarkId: 'b', profileId: 'p', scores: {}, rules: explained },
          ...(engine === undefined ? {} : { engine }),
        })
        return runId
      }
      const causes = async (from: string, to: string): Promise<unknown> => {
        const { body } = await api.send('GET', `/api/v1/runs/${from}/drift/${to}`, { token })
        const { drift } = body as { drift: { cause: string; rules: { ruleId: string }[] }[] }
        return Object.fromEntries(
          drift.map((one) => [one.cause, one.rules.map(({ ruleId }) => rules.findIndex(({ id }) => id === ruleId))]),
        )
      }
      const facts: Found = [['a', 'b'], ['c', 'd'], undefined]
      const before = await addRun('1', 'web', 'pass', facts)
      const found = (engine: string | undefined, host: string, now: Found = facts): Promise<string> =>
        addRun(engine, host, 'fail', now)
      assert.deepEqual(await causes(before, await found('2', 'web')), { 'engine changed': [0, 1, 2] })
      assert.deepEqual(await causes(before, await found('1', 'web')), { 'evidence changed': [0, 1, 2] }, 'too old')
      assert.deepEqual(await causes(before, await found('1', 'other')), { 'evidence changed': [0, 1, 2] })
      assert.deepEqual(
        await causes(before, await found('2', 'other', [['b', 'a'], ['c', 'e'], undefined])),
        { 'engine changed': [0], 'evidence changed': [1, 2] },
        'what the first saw is the same, in another order; of the last nothing is known',
      )
      assert.deepEqual(await causes(before, await found(undefined, 'web')), { 'engine changed': [0, 1, 2] })
      assert.deepEqual(await causes(before, await found(undefined, 'other')), { 'evidence changed': [0, 1, 2] })
    }))

  it('a run is shown with its assets page by page', () =>
    withApi(async (api, database, token) => {
      const { runIds } = await addResults(database)
      const folder = await database.kysely.selectFrom('folders').select('id').executeTakeFirstOrThrow()
      const ids: string[] = []
      for (const name of ['a', 'b', 'c']) {
        const asset_id = await addAsset(database.kysely, folder.id, { name })
        ids.push(asset_id)
        await database.kysely
          .insertInto('run_assets')
          .values({ run_id: runIds[0], asset_id, state: 'completed', reason: null, message: null, evidence_id: null })
          .execute()
      }
      const seen: string[] = []
      for (let after = ''; ;) {
        const reply = await api.send('GET', `/api/v1/runs/${runIds[0]}?limit=2${after}`, { token })
        const body = reply.body as { assets: { assetId: string }[]; nextAfter: string | null; counts: object }
        assert.deepEqual(body.counts, { completed: 3 })
        seen.push(...body.assets.map(({ assetId }) => assetId))
        if (body.nextAfter === null) break
        after = `&after=${body.nextAfter}`
      }
      assert.deepEqual(seen, ids.toSorted())
    }))

  it('evidence is shown without what its content wants masked', () =>
    withApi(async (api, database, token) => {
      const folder = await addFolder(database.kysely, 'asset system')
      const assetId = await addAsset(database.kysely, folder, { name: 'web-1' })
      const entity = { name: 'password', datatype: 'string', status: 'exists', value: 'secret' } as const
      const item = { testType: 'unix/shadow', status: 'exists', entities: [entity, { ...entity, mask: true }] } as const
      const { id } = await addEvidence(database.kysely, {
        assetId,
        runId: assetId,
        planDigest: 'p',
        collected: {
          systemInfo: { osName: 'Linux', osVersion: '', architecture: '', primaryHostName: '', interfaces: [] },
          objects: {
            o: { flag: 'complete', messages: [], items: [item], collectedAt: '2026-01-01T00:00:00.000Z' },
          },
        },
      })
      const reply = await api.send('GET', `/api/v1/evidence/${id}`, { token })
      const { objects } = reply.body as { objects: { o: { items: [{ entities: unknown }] } } }
      assert.deepEqual(objects.o.items[0].entities, [entity, { ...entity, value: '', mask: true }])
    }))
})
