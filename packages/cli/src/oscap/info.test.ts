import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runOurs, runTheirs, skip } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-info-'))
after(() => rmSync(folder, { recursive: true }))
const bundled = join(
  import.meta.dirname,
  '../../../../content/plumbline-linux-baseline/plumbline-linux-baseline-ds.xml',
)
const oval = 'http://oval.mitre.org/XMLSchema/oval'
const generator = (name: string): string =>
  `<generator xmlns:oval="${oval}-common-5"><oval:product_name>${name}</oval:product_name><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>`
const xccdf = 'xmlns="http://checklists.nist.gov/xccdf/1.2"'
const version = '<version time="2026-01-01T00:00:00">1</version>'
const profiles = `<Profile id="xccdf_x_profile_a"><title>
   one
   two	three &lt;x&gt; "q" &amp;  </title><description>
  first
  second &amp; third </description></Profile>
<Profile id="xccdf_x_profile_b" abstract="true"><title>x</title><title>y</title></Profile>
<Profile id="xccdf_x_profile_c"/>`
const benchmark = (statuses: string): string =>
  `<Benchmark ${xccdf} id="xccdf_x_benchmark_b">${statuses}<title>b</title><version>1</version>${profiles}</Benchmark>`

const documents: Readonly<Record<string, string>> = {
  tailoring: `<Tailoring ${xccdf} id="xccdf_x_tailoring_t"><benchmark href="other.xml" id="xccdf_x_benchmark_b"/>${version}${profiles}</Tailoring>`,
  'tailoring of nothing': `<Tailoring ${xccdf} id="xccdf_x_tailoring_t">${version}${profiles}</Tailoring>`,
  directives: `<oval_directives xmlns="${oval}-directives-5">${generator('d')}</oval_directives>`,
  dictionary:
    '<cpe-list xmlns="http://cpe.mitre.org/dictionary/2.0"><generator><product_name>p</product_name><schema_version>2.3</schema_version><timestamp>2026-01-01T00:00:00.5Z</timestamp></generator><cpe-item name="cpe:/o:x:y"><title>t</title></cpe-item></cpe-list>',
  'dictionary without a generator':
    '<cpe-list xmlns="http://cpe.mitre.org/dictionary/2.0"><cpe-item name="cpe:/o:x:y"><title>t</title></cpe-item></cpe-list>',
  language:
    '<cpe:platform-specification xmlns:cpe="http://cpe.mitre.org/language/2.0"><cpe:platform id="a"><cpe:logical-test operator="AND" negate="false"><cpe:fact-ref name="cpe:/o:x:y"/></cpe:logical-test></cpe:platform></cpe:platform-specification>',
  'one status': benchmark('<status>draft</status>'),
  'latest status': benchmark('<status date="2026-02-04">draft</status><status date="2026-02-03">accepted</status>'),
}

test('info prints of documents beside content what the referee prints', { skip }, async () => {
  const results = join(folder, 'characteristics.xml')
  const definitions = join(folder, 'parts', 'oval.xml')
  assert.equal((await runOurs(['ds', 'sds-split', bundled, 'parts'], folder)).status, 0)
  assert.equal((await runOurs(['oval', 'collect', '--syschar', results, definitions], folder)).status, 0)
  assert.equal(
    (await runOurs(['oval', 'analyse', '--results', 'oval-results.xml', definitions, results], folder)).status,
    0,
  )
  const paths = Object.entries(documents).map(([name, text]) => {
    const path = join(folder, `${name}.xml`)
    writeFileSync(path, text)
    utimesSync(path, 1_790_000_006.9997, 1_790_000_006.9997)
    return path
  })
  for (const path of [...paths, results, join(folder, 'oval-results.xml')])
    for (const options of [[], ['--profile', 'a'], ['--profile', 'c'], ['--profiles']]) {
      const words = ['info', ...options, path]
      const [ours, theirs] = await Promise.all([runOurs(words, folder), runTheirs(words, folder)])
      assert.deepEqual([ours.status, ours.stdout], [theirs.status, theirs.stdout], words.join(' '))
    }
})

test('info prints of results of either program what the referee prints', { skip }, async () => {
  const words = [
    'xccdf',
    'eval',
    '--profile',
    'essential',
    '--results',
    'results.xml',
    '--results-arf',
    'arf.xml',
    bundled,
  ]
  const platforms: string[][] = []
  for (const evaluate of [runOurs, runTheirs]) {
    await evaluate(words, folder)
    for (const name of ['results.xml', 'arf.xml'])
      for (const options of [[], ['--profiles']]) {
        const asked = ['info', ...options, join(folder, name)]
        const [ours, theirs] = await Promise.all([runOurs(asked, folder), runTheirs(asked, folder)])
        assert.deepEqual([ours.status, ours.stdout], [theirs.status, theirs.stdout], asked.join(' '))
      }
    const [, testResult = ''] = readFileSync(join(folder, 'results.xml'), 'utf8').split('<TestResult')
    platforms.push([...testResult.matchAll(/<platform idref="([^"]*)"/g)].map(([, idref]) => idref ?? '').toSorted())
  }
  // XCCDF 1.2, 6.6.2: the platforms that the asset is of.
  assert.deepEqual(platforms[0], platforms[1])
  assert.ok((platforms[0]?.length ?? 0) > 0)
})

test('OVAL variables say what they were written by; the referee tells of itself instead', async () => {
  const path = join(folder, 'variables.xml')
  writeFileSync(path, `<oval_variables xmlns="${oval}-variables-5">${generator('v')}<variables/></oval_variables>`)
  const { stdout } = await runOurs(['info', path], folder)
  assert.match(
    stdout,
    /^Document type: OVAL Variables\nOVAL version: 5\.11\nGenerated: 2026-01-01T00:00:00\nImported: /,
  )
})
