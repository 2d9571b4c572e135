import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { readXml } from '../xml/read.ts'
import { composeDataStream } from './compose-stream.ts'
import type { FindFile } from './data-stream.ts'
import { readContent, type ScapContent } from './read-content.ts'

const now = new Date('2026-01-01T00:00:00Z')
const published = '/usr/share/xml/scap/ssg/content/ssg-debian11-xccdf.xml'
const isCi = process.env['CI'] === 'true'

const besideOf =
  (file: string): FindFile =>
  (name) => {
    const path = join(dirname(file), name)
    return existsSync(path) ? { name, data: readFileSync(path) } : undefined
  }

const partsOf = ({ benchmarks: [one] }: ScapContent): unknown => [
  one?.benchmark.id,
  one?.benchmark.profiles.map(({ id }) => id),
  Object.keys(one?.oval ?? {}),
  Object.keys(one?.cpeOval ?? {}),
  one?.scripts,
  Object.keys(one?.missing ?? {}),
  one?.cpe.items.map(({ name }) => name),
]

test(
  'a published benchmark and its files make a data stream with the same in it, valid to the referee',
  { skip: existsSync(published) || isCi ? false : 'ssg-debian is not installed' },
  () => {
    const file = { name: 'ssg-debian11-xccdf.xml', data: readFileSync(published) }
    const stream = composeDataStream(readXml(file.data, file.name), besideOf(published), now)
    const composed = readContent({ name: 'stream.xml', data: Buffer.from(stream) })
    assert.equal(composed.kind, 'data stream')
    assert.deepEqual(partsOf(composed), partsOf(readContent(file, besideOf(published))))
    assert.ok(composed.benchmarks[0]?.cpe.items.length)
    if (spawnSync('oscap', ['--version']).error !== undefined && !isCi) return
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-compose-'))
    try {
      writeFileSync(join(folder, 'stream.xml'), stream)
      execFileSync('oscap', ['ds', 'sds-validate', join(folder, 'stream.xml')])
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)

test('scripts are in it, what lies elsewhere is referred to, what is missing stays so', () => {
  const address = 'https://vendor.example/oval.xml.bz2'
  const benchmark = `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_x_benchmark_a"><status>draft</status><version>1</version>
${['checks/a b.sh', address, 'none.xml']
  .map(
    (href, at) => `<Rule id="xccdf_x_rule_${at}" selected="true"><title>r</title>
<check system="${at === 0 ? 'http://open-scap.org/page/SCE' : 'http://oval.mitre.org/XMLSchema/oval-definitions-5'}"><check-content-ref href="${href}"/></check></Rule>`,
  )
  .join('')}</Benchmark>`
  const script = '#!/bin/sh\nexit 101 # < & >\n'
  const find: FindFile = (name) => (name === 'checks/a b.sh' ? { name, data: Buffer.from(script) } : undefined)
  const stream = composeDataStream(readXml(benchmark, 'a.xml'), find, now)
  const asked: string[] = []
  const { benchmarks } = readContent({ name: 'stream.xml', data: Buffer.from(stream) }, (name) => {
    asked.push(name)
    return undefined
  })
  assert.deepEqual(benchmarks[0]?.scripts, { 'checks/a b.sh': script })
  assert.deepEqual(Object.keys(benchmarks[0]?.missing ?? {}), [address, 'none.xml'])
  assert.deepEqual(asked, [address])
})
