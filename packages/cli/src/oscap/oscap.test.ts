import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openLocalSession } from '@plumbline/collect'
import { ignoringPaths } from './collecting.ts'
import { runBoth, runOurs, skip } from './testing.ts'

const bundled = join(
  import.meta.dirname,
  '../../../../content/plumbline-linux-baseline/plumbline-linux-baseline-ds.xml',
)
const published = '/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml'
const skipPublished = skip !== false ? skip : existsSync(published) ? false : 'ssg-debian is not installed'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-oscap-'))
after(() => rmSync(folder, { recursive: true }))
for (const name of ['ours', 'theirs']) mkdirSync(join(folder, name))

const both = (words: readonly string[], environment?: NodeJS.ProcessEnv) => runBoth(words, folder, environment)
const ours = (...words: readonly string[]) => runOurs(words, join(folder, 'ours'))

test('info prints what the referee prints, of every kind of document', { skip: skipPublished }, async () => {
  const split = join(folder, 'parts')
  assert.equal((await ours('ds', 'sds-split', published, split)).status, 0)
  for (const words of [
    [bundled],
    [published],
    ['--profiles', published],
    ['--profile', 'server', bundled],
    ['--profile', 'standard', published],
    ['--profile', 'nothing', published],
    ['--local-files', folder, published],
    ...readdirSync(split)
      .filter((name) => !name.includes('ocil'))
      .map((name) => [join(split, name)]),
  ]) {
    const { ours: mine, theirs } = await both(['info', ...words])
    assert.deepEqual([mine.status, mine.stdout], [theirs.status, theirs.stdout], words.join(' '))
  }
})

test(
  'components in folders and scripts are split as the referee splits them, and none leaves the folder',
  { skip },
  async () => {
    const stream = (name: string): string =>
      `<ds:data-stream-collection xmlns:ds="http://scap.nist.gov/schema/scap/source/1.2" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:cat="urn:oasis:names:tc:entity:xmlns:xml:catalog" id="scap_x_collection_c" schematron-version="1.3">
<ds:data-stream id="scap_x_datastream_d" scap-version="1.3" use-case="OTHER">
<ds:checklists>
<ds:component-ref id="scap_x_cref_x" xlink:href="#scap_x_comp_x">
<cat:catalog>
<cat:uri name="${name}" uri="#scap_x_cref_s"/>
</cat:catalog>
</ds:component-ref>
</ds:checklists>
<ds:extended-components>
<ds:component-ref id="scap_x_cref_s" xlink:href="#scap_x_ecomp_s"/>
</ds:extended-components>
</ds:data-stream>
<ds:component id="scap_x_comp_x" timestamp="2026-01-01T00:00:00">${small}</ds:component>
<ds:extended-component id="scap_x_ecomp_s" timestamp="2026-01-01T00:00:00"><sce:script xmlns:sce="http://open-scap.org/page/SCE_xccdf_stream">#!/bin/sh
exit 101
</sce:script></ds:extended-component>
</ds:data-stream-collection>`
    const path = join(folder, 'scripted.xml')
    writeFileSync(path, stream('checks/sce/one.sh'))
    const { ours: mine, theirs } = await both(['ds', 'sds-split', '--skip-valid', path, 'scripted'])
    assert.deepEqual([mine.status, theirs.status], [0, 0], mine.stderr + theirs.stderr)
    const read = (who: string) => readFileSync(join(folder, who, 'scripted/checks/sce/one.sh'), 'utf8')
    assert.equal(read('ours'), read('theirs'))
    writeFileSync(path, stream('../one.sh'))
    const outside = await ours('ds', 'sds-split', '--skip-valid', path, 'outside')
    assert.deepEqual([outside.status, existsSync(join(folder, 'ours/one.sh'))], [1, false])
  },
)

test('a data stream is split into the same files', { skip: skipPublished }, async () => {
  const { ours: mine, theirs } = await both(['ds', 'sds-split', published, 'split'])
  assert.deepEqual(mine.status, theirs.status)
  const files = (name: string) => readdirSync(join(folder, name, 'split')).sort()
  assert.deepEqual(files('ours'), files('theirs'))
  for (const file of files('ours')) {
    const kind = (name: string) =>
      spawnSync('oscap', ['info', join(folder, name, 'split', file)], { encoding: 'utf8' }).stdout.split('\n')[0]
    assert.equal(kind('ours'), kind('theirs'))
  }
})

const small = `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_b"><status>draft</status><version>1</version>
<Profile id="xccdf_x_profile_base"><title>Base</title><select idref="xccdf_x_rule_r" selected="true"/></Profile>
<Profile id="xccdf_x_profile_more" extends="xccdf_x_profile_base"><title>More</title><select idref="xccdf_x_rule_s" selected="true"/><select idref="xccdf_x_rule_r" selected="false"/></Profile>
<Rule id="xccdf_x_rule_r" selected="false"><title>R</title></Rule><Rule id="xccdf_x_rule_s" selected="false"><title>S</title></Rule></Benchmark>`

const emptyStream =
  '<data-stream-collection xmlns="http://scap.nist.gov/schema/scap/source/1.2" id="scap_x_collection_c" schematron-version="1.2"/>'
const emptyReport = '<asset-report-collection xmlns="http://scap.nist.gov/schema/asset-reporting-format/1.1"/>'

test('validity has the referee’s exit statuses', { skip }, async () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const split = join(folder, 'baseline')
  assert.equal((await ours('ds', 'sds-split', bundled, split)).status, 0)
  const invalid = file('invalid.xml', small.replace('<version>1</version>', ''))
  for (const words of [
    ['xccdf', 'validate', file('small.xml', small)],
    ['xccdf', 'validate', invalid],
    ['xccdf', 'validate', file('other.xml', '<x/>')],
    ['xccdf', 'validate', file('broken.xml', '<x')],
    ['xccdf', 'validate', join(folder, 'missing.xml')],
    ['xccdf', 'validate', bundled],
    ['ds', 'rds-validate', bundled],
    ['xccdf', 'eval', invalid],
    ...['missing.xml', 'broken.xml', 'other.xml'].flatMap((name) => [
      ['info', join(folder, name)],
      ['xccdf', 'eval', '--profile', 'essential', '--tailoring-file', join(folder, name), bundled],
      ['oval', 'eval', join(folder, name)],
    ]),
    ['info', '--profile', 'nothing', bundled],
    ['oval', 'analyse', bundled, bundled],
    ['oval', 'eval', '--oval-id', 'nothing', bundled],
    ['xccdf', 'eval', '--profile', 'nothing', bundled],
    ['xccdf', 'eval', '--rule', 'nothing', bundled],
    ['xccdf', 'eval', '--nothing', bundled],
    ['xccdf', 'eval'],
    ['nothing'],
    ['ds', 'sds-validate', bundled],
    ['ds', 'sds-validate', file('stream.xml', emptyStream)],
    ['ds', 'rds-validate', file('stream.xml', emptyStream)],
    ['ds', 'rds-validate', file('report.xml', emptyReport)],
    ['xccdf', 'validate', file('stream.xml', emptyStream)],
    ['oval', 'validate', join(split, 'oval.xml')],
  ]) {
    const { ours: mine, theirs } = await both(words)
    assert.equal(mine.status, theirs.status, `${words.join(' ')}: ${mine.stderr}${theirs.stderr}`)
  }
})

test('profiles are written out when a benchmark is resolved', { skip }, async () => {
  writeFileSync(join(folder, 'unresolved.xml'), small)
  const { ours: mine, theirs } = await both(['xccdf', 'resolve', '-o', 'resolved.xml', join(folder, 'unresolved.xml')])
  assert.deepEqual([mine.status, theirs.status], [0, 0])
  const selects = (name: string) =>
    [
      ...readFileSync(join(folder, name, 'resolved.xml'), 'utf8').matchAll(
        /<Profile[^>]*id="([^"]+)"[\s\S]*?<\/Profile>/g,
      ),
    ].map(([text, id]) => [
      id,
      [...text.matchAll(/<select[^>]*idref="([^"]+)"/g)].map(([, idref]) => idref ?? '').sort(),
    ])
  assert.deepEqual(selects('ours'), selects('theirs'))
  const again = await both(['xccdf', 'resolve', '-o', 'again.xml', 'resolved.xml'])
  assert.deepEqual([again.ours.status, again.theirs.status], [1, 1])
})

test('OSCAP_PROBE_IGNORE_PATHS are not there for any way to look', async () => {
  const root = join(folder, 'ignore')
  mkdirSync(join(root, 'kept'), { recursive: true })
  mkdirSync(join(root, 'left', 'out'), { recursive: true })
  writeFileSync(join(root, 'left', 'out', 'file'), 'x')
  writeFileSync(join(root, 'kept', 'file'), 'x')
  const session = ignoringPaths(openLocalSession(), [join(root, 'left')])
  assert.deepEqual(
    (await session.list(root))?.map(({ name }) => name),
    ['kept'],
  )
  assert.equal(await session.readText(join(root, 'left/out/file')), undefined)
  assert.equal(await session.status(join(root, 'left')), undefined)
  const found = await session.find({ start: root, barred: [], where: { all: [] }, limit: 100 })
  assert.deepEqual(found?.entries.map(({ path }) => path.slice(root.length)).sort(), ['', '/kept', '/kept/file'])
  await session.close()
})

test('what is not supported says so and exits 1', async () => {
  for (const words of [
    ['xccdf', 'eval', '--remediate', bundled],
    ['xccdf', 'eval', '--enforce-signature', bundled],
    ['xccdf', 'generate', 'guide', '--enforce-signature', bundled],
    ['xccdf', 'remediate', bundled],
    ['oval', 'validate', '--schematron', bundled],
    ['cvss', 'score'],
    ['ds', 'sds-compose', bundled, 'composed.xml'],
    ['xccdf', 'generate', 'fix', bundled],
  ]) {
    const { status, stderr } = await ours(...words)
    assert.equal(status, 1, words.join(' '))
    assert.match(stderr, /not supported/)
  }
  const help = await ours('xccdf', 'eval', '--help')
  assert.match(help.stdout, /--remediate +not supported/)
  assert.match((await ours('--help')).stdout, /Exit status: 0 done/)
})
