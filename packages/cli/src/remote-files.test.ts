import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { redirection, startHttps, type HttpsServer } from '../../collect/src/testing/https-server.ts'

const oval = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
const folder = mkdtempSync(join(tmpdir(), 'plumbline-remote-'))
let server: HttpsServer
after(() => {
  server.stop()
  rmSync(folder, { recursive: true })
})

const definition = (number: number, title: string): string =>
  `<definition id="oval:x:def:${number}" version="1" class="patch"><metadata><title>${title}</title><description>d</description></metadata><criteria><criterion test_ref="oval:x:tst:1"/></criteria></definition>`
/** A feed of two patches, of which none is missing: the family of this system is not windows. */
const feed = `<oval_definitions xmlns="${oval}" xmlns:ind="${oval}#independent"><generator><schema_version xmlns="http://oval.mitre.org/XMLSchema/oval-common-5">5.11</schema_version><timestamp xmlns="http://oval.mitre.org/XMLSchema/oval-common-5">2026-01-01T00:00:00</timestamp></generator><definitions>${definition(1, 'one')}${definition(2, 'two')}</definitions>
<tests><ind:family_test id="oval:x:tst:1" version="1" check="all" comment="windows"><ind:object object_ref="oval:x:obj:1"/><ind:state state_ref="oval:x:ste:1"/></ind:family_test></tests>
<objects><ind:family_object id="oval:x:obj:1" version="1"/></objects>
<states><ind:family_state id="oval:x:ste:1" version="1"><ind:family>windows</ind:family></ind:family_state></states></oval_definitions>`

function dataStream(url: string): string {
  const check = (name: string, multi: boolean): string =>
    `<Rule id="xccdf_x_rule_${name}" selected="true"><title>${name}</title><check system="${oval}" multi-check="${multi}"><check-content-ref href="feed.xml.bz2"/></check></Rule>`
  const path = join(folder, `ds-${url.replace(/\W+/g, '-')}.xml`)
  writeFileSync(
    path,
    `<ds:data-stream-collection xmlns:ds="http://scap.nist.gov/schema/scap/source/1.2" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:cat="urn:oasis:names:tc:entity:xmlns:xml:catalog" id="scap_x_collection_c" schematron-version="1.3">
<ds:data-stream id="scap_x_datastream_d" scap-version="1.3" use-case="OTHER"><ds:checklists><ds:component-ref id="scap_x_cref_x" xlink:href="#scap_x_comp_x"><cat:catalog><cat:uri name="feed.xml.bz2" uri="#scap_x_cref_f"/></cat:catalog></ds:component-ref></ds:checklists><ds:checks><ds:component-ref id="scap_x_cref_f" xlink:href="${url}"/></ds:checks></ds:data-stream>
<ds:component id="scap_x_comp_x" timestamp="2026-01-01T00:00:00"><Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_b"><status>draft</status><title>b</title><version>1</version>
${check('together', false)}
${check('each', true)}
</Benchmark></ds:component></ds:data-stream-collection>`,
  )
  return path
}

before(async () => {
  const script = 'import bz2,sys; sys.stdout.buffer.write(bz2.compress(sys.stdin.buffer.read()))'
  const compressed = spawnSync('python3', ['-c', script], { input: feed }).stdout
  assert.ok(compressed.length > 100)
  mkdirSync(join(folder, 'copies'))
  writeFileSync(join(folder, 'copies', 'feed.xml.bz2'), compressed)
  server = await startHttps({
    '/feed.xml.bz2': (response) => response.end(compressed),
    '/moved': redirection('/feed.xml.bz2'),
    '/damaged': (response) => response.end(compressed.subarray(0, 100)),
  })
})
const at = (path: string): string => server.at(path)

async function scan(
  words: readonly string[],
  { program = 'main.ts', certified = true } = {},
): Promise<{ lines: string[]; stderr: string }> {
  const environment = certified ? { NODE_EXTRA_CA_CERTS: server.authority } : {}
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, program), ...words],
    { cwd: folder, env: { ...process.env, ...environment } },
  ).catch((error: { stdout?: string; stderr?: string }) => ({ stdout: error.stdout ?? '', stderr: error.stderr ?? '' }))
  return { lines: stdout.trim().split('\n'), stderr }
}
const oscap = (...words: readonly string[]) =>
  scan(['xccdf', 'eval', '--progress', '--skip-valid', ...words], { program: 'oscap/main.ts' })
const passed = ['xccdf_x_rule_together:pass', 'xccdf_x_rule_each:pass', 'xccdf_x_rule_each:pass']
const unchecked = ['xccdf_x_rule_together:notchecked', 'xccdf_x_rule_each:notchecked']

test('content elsewhere is not asked for unless the operator says so, and its checks say why', async () => {
  const { lines, stderr } = await oscap(dataStream(at('/feed.xml.bz2')))
  assert.deepEqual(lines, unchecked)
  assert.match(
    stderr,
    /points out to the remote '.*\/feed\.xml\.bz2'\. Use '--fetch-remote-resources' option to download it/,
  )
  assert.deepEqual(server.asked, [])
})

test('with --fetch-remote-resources it is fetched over HTTPS, through a redirection too, and expanded', async () => {
  const { lines, stderr } = await oscap('--fetch-remote-resources', dataStream(at('/moved')))
  assert.deepEqual(lines, passed, stderr)
  const report = join(folder, 'report.json')
  const ds = dataStream(at('/feed.xml.bz2'))
  await scan(['scan', '--fetch-remote-resources', '--json', report, ds])
  const { rules } = JSON.parse(readFileSync(report, 'utf8')) as { rules: { result: string }[] }
  assert.deepEqual(
    rules.map(({ result }) => result),
    ['pass', 'pass', 'pass'],
  )
})

test('oval eval evaluates definitions that are fetched, and asks for none unless told to', async () => {
  const evaluate = (...words: readonly string[]) => scan(['oval', 'eval', ...words], { program: 'oscap/main.ts' })
  const ds = dataStream(at('/feed.xml.bz2'))
  const before = server.asked.length
  const { lines, stderr } = await evaluate('--skip-valid', ds)
  assert.deepEqual([lines, server.asked.length], [[''], before])
  assert.match(stderr, /somewhere else, and remote content is fetched only when that is asked for/)
  const both = ['Definition oval:x:def:1: false', 'Definition oval:x:def:2: false', 'Evaluation done.']
  assert.deepEqual((await evaluate('--skip-valid', '--fetch-remote-resources', ds)).lines, both)
  assert.equal(server.asked.length, before + 1)
  const results = join(folder, 'fetched.xml')
  const one = ['--id', 'oval:x:def:2', '--results', results]
  assert.deepEqual((await evaluate('--skip-valid', '--fetch-remote-resources', ...one, ds)).lines, both.slice(1))
  assert.match(readFileSync(results, 'utf8'), /<definition definition_id="oval:x:def:2"[^>]* result="false"/)
})

test('what cannot be had leaves the checks unchecked, with the reason', async () => {
  for (const [path, reason] of [
    ['/none', /the server answered 404/],
    ['/damaged', /cannot be expanded/],
  ] as const) {
    const { lines, stderr } = await oscap('--fetch-remote-resources', dataStream(at(path)))
    assert.deepEqual(lines, unchecked)
    assert.match(stderr, reason)
  }
})

test('a server whose certificate nobody vouches for is not believed', async () => {
  const ds = dataStream(at('/feed.xml.bz2'))
  const report = join(folder, 'unbelieved.json')
  await scan(['scan', '--fetch-remote-resources', '--json', report, ds], { certified: false })
  const { rules } = JSON.parse(readFileSync(report, 'utf8')) as { rules: { result: string; why: string }[] }
  assert.equal(rules[0]?.result, 'notchecked')
  assert.match(rules[0]?.why ?? '', /could not be fetched: .*certificate/)
})

test('with --local-files copies are taken by the names of checks, as the referee takes them', async (t) => {
  const ds = dataStream('https://feeds.example/patches.xml.bz2')
  const words = ['--local-files', join(folder, 'copies'), ds]
  assert.deepEqual((await oscap(...words)).lines, passed)
  const referee = spawnSync('oscap', ['xccdf', 'eval', '--progress', '--skip-valid', ...words], { encoding: 'utf8' })
  if (referee.error !== undefined && process.env['CI'] !== 'true') return t.diagnostic('oscap is not installed')
  assert.deepEqual(referee.stdout.trim().split('\n'), passed)
  const { lines, stderr } = await oscap('--local-files', folder, ds)
  assert.deepEqual(lines, unchecked)
  assert.match(stderr, /the file '.*\/feed\.xml\.bz2' can't be used locally/)
})
