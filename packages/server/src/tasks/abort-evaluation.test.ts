import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { readContent } from '@plumbline/scap'
import { describeOnBothDatabases } from '../db/testing.ts'
import { runAssets } from '../store/runs.ts'
import { startTestEngine, until } from './testing.ts'
import type { TestStandard } from './testing.ts'
import { slowness } from '../../../collect/src/testing/slowness.ts'

const [rules, lines] = [400, 8000]

/** A standard whose rules each compare every line of one file: together they take many seconds. */
function makeLongStandard(): TestStandard {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-long-'))
  const file = join(folder, 'lines')
  const each = (text: (number: number) => string): string =>
    Array.from({ length: rules }, (_, index) => text(index + 1)).join('')
  const oval = `<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"
      xmlns:ind="http://oval.mitre.org/XMLSchema/oval-definitions-5#independent"
      xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5">
    <generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
    <definitions>${each(
      (number) => `
      <definition id="oval:long:def:${number}" version="1" class="compliance">
        <metadata><title>Definition ${number}</title><description/></metadata>
        <criteria><criterion test_ref="oval:long:tst:${number}"/></criteria>
      </definition>`,
    )}</definitions>
    <tests>${each(
      (number) => `
      <ind:textfilecontent54_test id="oval:long:tst:${number}" version="1" check="all" comment="${number}">
        <ind:object object_ref="oval:long:obj:1"/><ind:state state_ref="oval:long:ste:${number}"/>
      </ind:textfilecontent54_test>`,
    )}</tests>
    <objects>
      <ind:textfilecontent54_object id="oval:long:obj:1" version="1">
        <ind:filepath>${file}</ind:filepath>
        <ind:pattern operation="pattern match">^line .*$</ind:pattern>
        <ind:instance datatype="int" operation="greater than or equal">1</ind:instance>
      </ind:textfilecontent54_object>
    </objects>
    <states>${each(
      (number) => `
      <ind:textfilecontent54_state id="oval:long:ste:${number}" version="1">
        <ind:text operation="pattern match">^line (x|y|${number})+ \\d+$</ind:text>
      </ind:textfilecontent54_state>`,
    )}</states>
  </oval_definitions>`
  const xccdf = `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_org.example_benchmark_long">
    <status>draft</status><title>Long</title><version>1.0.0</version>
    <Profile id="xccdf_org.example_profile_full"><title>Full</title></Profile>${each(
      (number) => `
    <Rule id="xccdf_org.example_rule_${number}" severity="low" selected="true"><title>${number}</title>
      <check system="http://oval.mitre.org/XMLSchema/oval-definitions-5">
        <check-content-ref href="long-oval.xml" name="oval:long:def:${number}"/>
      </check>
    </Rule>`,
    )}
  </Benchmark>`
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const { benchmarks } = readContent({ name: 'long-xccdf.xml', data: bytes(xccdf) }, (name) =>
    name === 'long-oval.xml' ? { name, data: bytes(oval) } : undefined,
  )
  const [content] = benchmarks
  assert.ok(content !== undefined)
  return {
    content,
    write: (text) => writeFileSync(file, text),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

describeOnBothDatabases('an abort in the middle of a long evaluation', (withDatabase) => {
  it('ends the run within two seconds, and others have their turn all the time', () =>
    withDatabase(async (database) => {
      const standard = makeLongStandard()
      standard.write(Array.from({ length: lines }, (_, index) => `line xyxyxy ${index}\n`).join(''))
      const engine = await startTestEngine(database, standard)
      let [last, longestMs] = [performance.now(), 0]
      const beat = setInterval(() => {
        longestMs = Math.max(longestMs, performance.now() - last)
        last = performance.now()
      }, 10)
      try {
        const jobId = await engine.addJob({
          assetsResolutionInfo: [{ id: await engine.addAsset('this machine'), type: '' }],
          standards: [engine.standardIds.small],
        })
        const runId = await engine.start(jobId)
        const stateOf = async (): Promise<string | undefined> =>
          (await runAssets(database.kysely, runId, { limit: 1 }))[0]?.state
        await until('the evaluation', async () => ((await stateOf()) === 'evaluating' ? true : undefined))
        await setTimeout(500)
        assert.equal(await stateOf(), 'evaluating')
        longestMs = 0
        const began = performance.now()
        await engine.abort(runId)
        assert.equal((await engine.end(runId)).status, 'Aborted')
        const tookMs = performance.now() - began
        assert.equal(await stateOf(), 'aborted')
        assert.ok(tookMs < 2000 * slowness(), `it took ${tookMs} ms`)
        assert.ok(longestMs < 1000 * slowness(), `nobody else had a turn for ${longestMs} ms`)
      } finally {
        clearInterval(beat)
        await engine.stop()
        standard.remove()
      }
    }))
})
