import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { startHttps } from '../packages/collect/src/testing/https-server.ts'
import { RunningServer } from './running-server.ts'

const oval = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
/** A feed with one patch, which is not missing: the family of this system is not windows. */
const feed = `<oval_definitions xmlns="${oval}" xmlns:ind="${oval}#independent" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5"><generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions><definition id="oval:x:def:1" version="1" class="patch"><metadata><title>one</title><description>d</description></metadata><criteria><criterion test_ref="oval:x:tst:1"/></criteria></definition></definitions>
<tests><ind:family_test id="oval:x:tst:1" version="1" check="all" comment="windows"><ind:object object_ref="oval:x:obj:1"/><ind:state state_ref="oval:x:ste:1"/></ind:family_test></tests>
<objects><ind:family_object id="oval:x:obj:1" version="1"/></objects>
<states><ind:family_state id="oval:x:ste:1" version="1"><ind:family>windows</ind:family></ind:family_state></states></oval_definitions>`

const dataStream = (url: string, name: string): string =>
  `<ds:data-stream-collection xmlns:ds="http://scap.nist.gov/schema/scap/source/1.2" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:cat="urn:oasis:names:tc:entity:xmlns:xml:catalog" id="scap_x_collection_c" schematron-version="1.3">
<ds:data-stream id="scap_x_datastream_d" scap-version="1.3" use-case="OTHER"><ds:checklists><ds:component-ref id="scap_x_cref_x" xlink:href="#scap_x_comp_x"><cat:catalog><cat:uri name="feed.xml" uri="#scap_x_cref_f"/></cat:catalog></ds:component-ref></ds:checklists><ds:checks><ds:component-ref id="scap_x_cref_f" xlink:href="${url}"/></ds:checks></ds:data-stream>
<ds:component id="scap_x_comp_x" timestamp="2026-01-01T00:00:00"><Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_${name}"><status>draft</status><title>${name}</title><version>1</version><Rule id="xccdf_x_rule_${name}" selected="true"><title>Patches</title><check system="${oval}"><check-content-ref href="feed.xml"/></check></Rule></Benchmark></ds:component></ds:data-stream-collection>`

interface Imported {
  readonly standards: readonly string[]
  readonly warnings: readonly string[]
}

test('an import fetches content from the hosts that the operator named, and from no other', async () => {
  const feeds = await startHttps({ '/feed.xml': (response) => response.end(feed) })
  const server = await RunningServer.start({
    environment: { PLUMBLINE_CONTENT_HOSTS: 'feeds.example, localhost', NODE_EXTRA_CA_CERTS: feeds.authority },
  })
  try {
    const importFrom = async (url: string, name: string): Promise<Imported> => {
      const answer = await server.request(
        'POST',
        `/api/v1/contents?name=${name}.xml`,
        new TextEncoder().encode(dataStream(url, name)),
        { 'content-type': 'application/octet-stream' },
      )
      assert.equal(answer.status, 201, answer.text)
      return answer.body as Imported
    }
    const elsewhere = feeds.at('/feed.xml').replace('localhost', '127.0.0.1')
    const refused = await importFrom(elsewhere, 'refused')
    assert.match(refused.warnings.join(), /127\.0\.0\.1 is none of the hosts that content may be fetched from/)
    assert.deepEqual(feeds.asked, [])
    const fetched = await importFrom(feeds.at('/feed.xml'), 'fetched')
    assert.deepEqual([fetched.warnings, feeds.asked], [[], ['/feed.xml']])

    const assets = await server.request('GET', '/ccs/api/v1/Assets?Attributes=(displayName = *)')
    const [asset] = (assets.body as { assetDataList: { Id: string }[] }).assetDataList
    const standards = [refused.standards[0], fetched.standards[0]]
    const created = await server.request('POST', '/ccs/api/v1/jobs', {
      JobType: 'CollectionEvaluationJob',
      JobDetails: {
        JobName: 'Patches',
        AssetsResolutionInfo: [{ Id: asset?.Id, Type: 'symc-csm-AssetSystem-Asset-Unix-Machine' }],
        Standards: standards,
      },
    })
    const { JobID } = created.body as { JobID: string }
    const executed = await server.request('POST', `/ccs/api/v1/jobs/${JobID}`, { Operation: 'execute' })
    const { JobRunID } = executed.body as { JobRunID: string }
    for (const end = Date.now() + 60_000; ;) {
      const { body } = await server.request('GET', `/ccs/api/v1/Jobs/${JobID}/jobruns?count=0`)
      const status = (body as { JobRunID: string; Status: string }[]).find((one) => one.JobRunID === JobRunID)?.Status
      if (status?.startsWith('Completed') === true) break
      assert.ok(Date.now() < end, `the run is ${status}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const outcomes = []
    for (const standard of standards) {
      const latest = await server.request('GET', `/api/v1/results/latest/${asset?.Id}/${standard}`)
      const { rules } = latest.body as { rules: { result: string; messages: string[] }[] }
      outcomes.push(...rules.map(({ result, messages }) => [result, messages.join()]))
    }
    assert.equal(outcomes.length, 2)
    assert.deepEqual([outcomes[0]?.[0], outcomes[1]?.[0]], ['notchecked', 'pass'])
    assert.match(outcomes[0]?.[1] ?? '', /none of the hosts/)
    // What was fetched is kept with the import.
    assert.deepEqual(feeds.asked, ['/feed.xml'])
  } finally {
    await server.stop()
    feeds.stop()
    rmSync(server.dataDirectory, { recursive: true, force: true })
  }
})
