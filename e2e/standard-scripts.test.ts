import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rmSync } from 'node:fs'
import { RunningServer } from './running-server.ts'

const script = (status: string, comment = ''): string =>
  `<ds:extended-component id="scap_x_ecomp_s" timestamp="2026-01-01T00:00:00"><sce:script xmlns:sce="http://open-scap.org/page/SCE_xccdf_stream">#!/bin/sh
# ${comment}
echo "the limit is $XCCDF_VALUE_limit"
exit $XCCDF_RESULT_${status}
</sce:script></ds:extended-component>`

const dataStream = (extended: string): string =>
  `<ds:data-stream-collection xmlns:ds="http://scap.nist.gov/schema/scap/source/1.2" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:cat="urn:oasis:names:tc:entity:xmlns:xml:catalog" id="scap_x_collection_c" schematron-version="1.3">
<ds:data-stream id="scap_x_datastream_d" scap-version="1.3" use-case="OTHER"><ds:checklists><ds:component-ref id="scap_x_cref_x" xlink:href="#scap_x_comp_x"><cat:catalog><cat:uri name="checks/limit.sh" uri="#scap_x_cref_s"/></cat:catalog></ds:component-ref></ds:checklists><ds:extended-components><ds:component-ref id="scap_x_cref_s" xlink:href="#scap_x_ecomp_s"/></ds:extended-components></ds:data-stream>
<ds:component id="scap_x_comp_x" timestamp="2026-01-01T00:00:00"><Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_scripted"><status>draft</status><title>Scripted</title><version>1</version><Value id="xccdf_x_value_limit" type="number"><title>l</title><value>5</value></Value><Rule id="xccdf_x_rule_limit" selected="true"><title>Limit</title><check system="http://open-scap.org/page/SCE"><check-import import-name="stdout"/><check-export value-id="xccdf_x_value_limit" export-name="limit"/><check-content-ref href="checks/limit.sh"/></check></Rule></Benchmark></ds:component>${extended}</ds:data-stream-collection>`

interface Latest {
  readonly rules: {
    outcome: string
    messages: string[]
    explanation: { checks: { title: string; messages: string[] }[] }
  }[]
}

test('scripts of content run for a standard only after an administrator has let them, which is noted', async () => {
  const server = await RunningServer.start()
  try {
    const importing = (text: string) =>
      server.request('POST', '/api/v1/contents?name=scripted.xml', new TextEncoder().encode(text), {
        'content-type': 'application/octet-stream',
      })
    const imported = await importing(dataStream(script('FAIL')))
    assert.equal(imported.status, 201, imported.text)
    const [standard = ''] = (imported.body as { standards: string[] }).standards
    const assets = await server.request('GET', '/ccs/api/v1/Assets?Attributes=(displayName = *)')
    const [asset] = (assets.body as { assetDataList: { Id: string }[] }).assetDataList
    const created = await server.request('POST', '/ccs/api/v1/jobs', {
      JobType: 'CollectionEvaluationJob',
      JobDetails: {
        JobName: 'Scripted',
        AssetsResolutionInfo: [{ Id: asset?.Id, Type: 'symc-csm-AssetSystem-Asset-Unix-Machine' }],
        Standards: [standard],
      },
    })
    const { JobID } = created.body as { JobID: string }
    const run = async (): Promise<Latest['rules'][number]> => {
      const executed = await server.request('POST', `/ccs/api/v1/jobs/${JobID}`, { Operation: 'execute' })
      assert.equal(executed.status, 200, executed.text)
      const { JobRunID } = executed.body as { JobRunID: string }
      for (const end = Date.now() + 60_000; ;) {
        const { body } = await server.request('GET', `/ccs/api/v1/Jobs/${JobID}/jobruns?count=0`)
        const status = (body as { JobRunID: string; Status: string }[]).find((one) => one.JobRunID === JobRunID)?.Status
        if (status?.startsWith('Completed') === true) break
        assert.ok(Date.now() < end, `the run is ${status}`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      const latest = await server.request('GET', `/api/v1/results/latest/${asset?.Id}/${standard}`)
      const [rule] = (latest.body as Latest).rules
      assert.ok(rule !== undefined, latest.text)
      return rule
    }
    const unasked = await run()
    assert.match(unasked.messages.join(), /scripts of content run only when they are allowed/)

    // Whoever manages standards without managing users may not.
    await server.request('POST', '/api/v1/users', {
      name: 'sam',
      password: 'a password of sam: 1+1',
      roles: ['Standards Administrator'],
    })
    const sam = { authorization: `Bearer ${await server.token('sam', 'a password of sam: 1+1')}` }
    const path = `/api/v1/standards/${standard}`
    assert.equal((await server.send('PATCH', path, { allowScripts: true }, sam)).status, 403)
    assert.equal(
      (await server.request('PATCH', '/api/v1/standards/00000000-0000-4000-8000-000000000000', { allowScripts: true }))
        .status,
      404,
    )
    assert.equal((await server.request('PATCH', path, { allowScripts: 'yes' })).status, 400)
    const allowed = await server.request('PATCH', path, { allowScripts: true })
    assert.deepEqual(allowed.body, { id: standard, title: 'Scripted', allowScripts: true })
    const audit = await server.request('GET', '/api/v1/audit?limit=20')
    assert.match(audit.text, /standard\.change/)

    const failed = await run()
    assert.deepEqual(
      failed.explanation.checks.map(({ title, messages }) => [title, messages]),
      [['script, exit status 102', ['the limit is 5']]],
    )

    // A job refuses them for its own runs, and gives up refusing.
    const scripts = async (Scripts: string): Promise<void> => {
      const updated = await server.request('PATCH', '/ccs/api/v1/jobs/', { JobID, JobDetails: { Scripts } })
      assert.equal(updated.status, 204, updated.text)
    }
    await scripts('refuse')
    assert.match((await run()).messages.join(), /only when they are allowed/)
    await scripts('default')
    assert.equal((await run()).explanation.checks.length, 1)

    // Another import brings other scripts: they need leave of their own. The same one again does not take it back.
    await importing(dataStream(script('FAIL')))
    assert.equal((await run()).explanation.checks.length, 1)
    await importing(dataStream(script('PASS', 'changed')))
    assert.match((await run()).messages.join(), /only when they are allowed/)
    assert.equal(await server.stop(), 0)
  } finally {
    await server.stop('SIGKILL')
    rmSync(server.dataDirectory, { recursive: true, force: true })
  }
})
