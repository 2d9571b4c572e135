import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runBoth, runOurs, skip, type Answer } from './testing.ts'

/* Alone: both programs look at this machine, and nothing may change in between. */

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

/** The published stream without the platform that keeps it from applying here. */
function applicableStream(): string {
  const path = join(folder, 'debian11-ds.xml')
  if (!existsSync(path))
    writeFileSync(path, readFileSync(published, 'utf8').replace(/<[^<]*platform idref="cpe:\/o:[^"]*"\/>/, ''))
  return path
}

for (const format of [[], ['--progress'], ['--progress-full']]) {
  test(`xccdf eval ${format.join('')} prints and answers what the referee does`, { skip }, async () => {
    for (const profile of ['essential', 'strict']) {
      const { ours: mine, theirs } = await both(['xccdf', 'eval', ...format, '--profile', profile, bundled])
      assert.deepEqual([mine.status, mine.stdout], [theirs.status, theirs.stdout])
      assert.ok(mine.stdout.length > 1000)
    }
  })
}

test('xccdf eval agrees on published content, and writes the same files', { skip: skipPublished }, async () => {
  const { ours: mine, theirs } = await both([
    'xccdf',
    'eval',
    '--profile',
    'standard',
    '--results',
    'results.xml',
    '--results-arf',
    'arf.xml',
    '--oval-results',
    '--report',
    'report.html',
    '--export-variables',
    applicableStream(),
  ])
  assert.deepEqual([mine.status, mine.stdout], [theirs.status, theirs.stdout])
  const files = (name: string) =>
    readdirSync(join(folder, name))
      // The referee writes none for a data stream, whatever it is asked.
      .filter((file) => !file.includes('.variables-'))
      .sort()
  assert.deepEqual(files('ours'), files('theirs'))
  const check = (...words: string[]) => spawnSync('oscap', words, { cwd: join(folder, 'ours'), encoding: 'utf8' })
  assert.equal(check('xccdf', 'validate', '--skip-schematron', 'results.xml').status, 0)
  assert.equal(check('ds', 'rds-validate', 'arf.xml').status, 0)
  assert.equal(check('oval', 'validate', 'ssg-debian11-oval.xml.result.xml').status, 0)
  // Scripts read the results of rules from the XML.
  const verdicts = (name: string) =>
    [
      ...readFileSync(join(folder, name, 'results.xml'), 'utf8').matchAll(
        /<rule-result[^>]*idref="([^"]+)"[\s\S]*?<result>(\w+)</g,
      ),
    ].map(([, rule, result]) => `${rule} ${result}`)
  assert.deepEqual(verdicts('ours'), verdicts('theirs'))
  assert.ok(verdicts('ours').length > 300)
  const variables = readFileSync(join(folder, 'ours', 'ssg-debian11-oval.xml-0.variables-0.xml'), 'utf8')
  assert.match(variables, /<variable id="oval:ssg-sshd_required:var:1" datatype="int"[^>]*>\s*<value>0</)
  // Why rules do not apply is in the asset report of the referee too.
  const made = await ours('xccdf', 'generate', 'report', join(folder, 'theirs', 'arf.xml'))
  const reasons = (html: string) => html.match(/Does not apply because [^<]*/g)
  const own = reasons(readFileSync(join(folder, 'ours', 'report.html'), 'utf8'))
  assert.ok(own !== null && own.length > 10)
  assert.deepEqual(reasons(made.stdout), own)
})

test('a published stream of SCAP 1.2 has the same verdicts as with the referee', { skip: skipPublished }, async () => {
  const path = join(folder, 'debian11-ds-1.2.xml')
  const text = readFileSync(published.replace('-ds.xml', '-ds-1.2.xml'), 'utf8')
  assert.match(text, /<[\w-]*:?data-stream [^>]*scap-version="1.2"/)
  writeFileSync(path, text.replace(/<[^<]*platform idref="cpe:\/o:[^"]*"\/>/, ''))
  const { ours: mine, theirs } = await both(['xccdf', 'eval', '--progress', '--profile', 'standard', path])
  assert.deepEqual([mine.status, mine.stdout], [theirs.status, theirs.stdout])
  assert.match(mine.stdout, /:pass\n/)
  assert.match(mine.stdout, /:fail\n/)
})

test('one rule, or all but one, is evaluated when asked', { skip }, async () => {
  const rule = 'xccdf_org.plumbline_rule_account_only_root_is_zero'
  for (const words of [
    ['--rule', rule],
    ['--skip-rule', rule],
  ]) {
    const { ours: mine, theirs } = await both([
      'xccdf',
      'eval',
      '--progress',
      '--profile',
      'essential',
      ...words,
      bundled,
    ])
    assert.deepEqual([mine.status, mine.stdout], [theirs.status, theirs.stdout])
  }
})

test(
  'tailoring files and further CPE dictionaries are taken as the referee takes them',
  { skip: skipPublished },
  async () => {
    const tailoring = join(folder, 'tailoring.xml')
    // The referee overlooks an element that follows another without white space.
    writeFileSync(
      tailoring,
      `<Tailoring xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_org.x_tailoring_t"><benchmark href="${bundled}"/><version time="2026-01-01T00:00:00">1</version><Profile id="xccdf_org.x_profile_mine" extends="xccdf_org.plumbline_profile_essential"><title>Mine</title><select idref="xccdf_org.plumbline_rule_account_ids_unique" selected="false"/>
<select idref="xccdf_org.plumbline_rule_account_system_no_shell" selected="true"/>
</Profile></Tailoring>`,
    )
    const dictionary = published.replace('-ds.xml', '-cpe-dictionary.xml')
    for (const words of [
      ['--tailoring-file', tailoring, '--profile', 'mine', '--results', 'tailored.xml', bundled],
      ['--cpe', dictionary, '--profile', 'standard', published.replace('-ds.xml', '-xccdf.xml')],
    ]) {
      const { ours: mine, theirs } = await both(['xccdf', 'eval', '--progress', ...words])
      assert.deepEqual([mine.status, mine.stdout], [theirs.status, theirs.stdout])
      assert.ok(mine.stdout.length > 500)
    }
    assert.equal(spawnSync('oscap', ['xccdf', 'validate', join(folder, 'ours', 'tailored.xml')]).status, 0)
    // XCCDF 1.2, 6.6.4: which tailoring counted, which the referee leaves out.
    assert.match(
      readFileSync(join(folder, 'ours', 'tailored.xml'), 'utf8'),
      /<tailoring-file href="tailoring.xml" id="xccdf_org.x_tailoring_t" version="1" time="2026-01-01T00:00:00"\/>/,
    )
    const about = await both(['info', tailoring])
    assert.equal(about.ours.stdout, about.theirs.stdout)
  },
)

test('reports are made from our results and from the referee’s', { skip: skipPublished }, async () => {
  for (const [folderName, file] of [
    ['ours', 'arf.xml'],
    ['theirs', 'arf.xml'],
    ['theirs', 'results.xml'],
  ] as const) {
    const { status, stdout, stderr } = await ours('xccdf', 'generate', 'report', join(folder, folderName, file))
    assert.equal(status, 0, stderr)
    assert.match(stdout, /^<!doctype html>/)
    assert.ok(stdout.includes('xccdf_org.ssgproject.content_rule_partition_for_home'))
    // An asset report brings what explains its verdicts.
    if (file === 'arf.xml')
      assert.match(stdout, /Failed because [^<]*no line of|Failed because [^<]*package|Passed because [^<]*package/)
  }
  const guide = await ours('xccdf', 'generate', 'guide', '--profile', 'standard', published)
  assert.match(guide.stdout, /Standard System Security Profile for Debian 11/)
})

test('OVAL is collected, analysed and evaluated as the referee does', { skip }, async () => {
  const split = join(folder, 'baseline')
  assert.equal((await ours('ds', 'sds-split', bundled, split)).status, 0)
  const definitions = join(split, 'oval.xml')
  const lines = ({ stdout }: Answer) => stdout.split('\n').sort()
  const evaluated = await both(['oval', 'eval', '--results', 'eval.xml', definitions])
  assert.deepEqual([evaluated.ours.status, lines(evaluated.ours)], [evaluated.theirs.status, lines(evaluated.theirs)])
  const collected = await ours('oval', 'collect', '--syschar', 'collected.xml', definitions)
  assert.equal(collected.status, 0, collected.stderr)
  const characteristics = join(folder, 'ours', 'collected.xml')
  copyFileSync(characteristics, join(folder, 'theirs', 'collected.xml'))
  // What we collected, analysed by both, gives the verdicts of our own evaluation.
  const analysed = await both(['oval', 'analyse', '--results', 'analysed.xml', definitions, 'collected.xml'])
  assert.deepEqual([analysed.ours.status, analysed.ours.stdout], [analysed.theirs.status, analysed.theirs.stdout])
  const verdicts = (name: string, file: string) =>
    [
      ...readFileSync(join(folder, name, file), 'utf8').matchAll(
        /<definition definition_id="([^"]+)"[^>]*result="([^"]+)"/g,
      ),
    ]
      .map(([, id, result]) => `${id} ${result}`)
      .sort()
  assert.deepEqual(verdicts('theirs', 'analysed.xml'), verdicts('ours', 'eval.xml'))
  assert.deepEqual(verdicts('ours', 'analysed.xml'), verdicts('ours', 'eval.xml'))
  assert.ok(verdicts('ours', 'eval.xml').length > 50)
  for (const file of ['eval.xml', 'collected.xml', 'analysed.xml'])
    assert.equal(spawnSync('oscap', ['oval', 'validate', join(folder, 'ours', file)]).status, 0, file)
})

test('directives and thin results say as much as the referee’s', { skip }, async () => {
  const directive = (result: string, content: string, reported = true) =>
    `<definition_${result} reported="${reported}" content="${content}"/>`
  writeFileSync(
    join(folder, 'directives.xml'),
    `<oval_directives xmlns="http://oval.mitre.org/XMLSchema/oval-directives-5" xmlns:r="http://oval.mitre.org/XMLSchema/oval-results-5" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5"><generator><oval:schema_version>5.11.1</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator><directives>${directive('true', 'thin')}${directive('false', 'full')}${directive('unknown', 'full', false)}${directive('error', 'full', false)}${directive('not_evaluated', 'full', false)}${directive('not_applicable', 'full', false)}</directives></oval_directives>`.replace(
      /<(\/?)(definition_)/g,
      '<$1r:$2',
    ),
  )
  const definitions = join(folder, 'baseline', 'oval.xml')
  const { ours: mine, theirs } = await both([
    'oval',
    'analyse',
    '--directives',
    join(folder, 'directives.xml'),
    '--results',
    'directed.xml',
    definitions,
    'collected.xml',
  ])
  assert.deepEqual([mine.status, theirs.status], [0, 0], mine.stderr + theirs.stderr)
  const definitionsOf = (name: string) =>
    [
      ...readFileSync(join(folder, name, 'directed.xml'), 'utf8').matchAll(
        /<definition definition_id="([^"]+)"[^>]*result="([^"]+)"[^>]*?(\/?)>/g,
      ),
    ]
      .map(([, id, result, alone]) => `${id} ${result} ${alone === '/' ? 'thin' : 'full'}`)
      .sort()
  assert.deepEqual(definitionsOf('ours'), definitionsOf('theirs'))
  assert.equal(spawnSync('oscap', ['oval', 'validate', join(folder, 'ours', 'directed.xml')]).status, 0)
  const thin = await ours(
    'xccdf',
    'eval',
    '--profile',
    'essential',
    '--thin-results',
    '--results-arf',
    'thin.xml',
    bundled,
  )
  assert.equal(thin.status === 0 || thin.status === 2, true, thin.stderr)
  assert.equal(spawnSync('oscap', ['ds', 'rds-validate', join(folder, 'ours', 'thin.xml')]).status, 0)
  assert.doesNotMatch(readFileSync(join(folder, 'ours', 'thin.xml'), 'utf8'), /<system_data|<tested_item/)
})

test(
  'the values of a profile are written as OVAL variables, and both evaluate by them',
  { skip: skipPublished },
  async () => {
    const profile = 'xccdf_org.ssgproject.content_profile_standard'
    const name = 'ssg-debian11-oval.xml-0.variables-0.xml'
    rmSync(join(folder, 'ours', name), { force: true })
    assert.equal((await ours('xccdf', 'export-oval-variables', '--profile', profile, published)).status, 0)
    const variables = join(folder, 'ours', name)
    assert.equal(spawnSync('oscap', ['oval', 'validate', variables]).status, 0)
    assert.equal((await ours('ds', 'sds-split', '--skip-valid', published, join(folder, 'parts'))).status, 0)
    const definitions = join(folder, 'parts', 'ssg-debian11-oval.xml')
    const id = 'oval:ssg-sshd_set_keepalive:def:1'
    const { ours: mine, theirs } = await both([
      'oval',
      'eval',
      '--skip-valid',
      '--variables',
      variables,
      '--id',
      id,
      definitions,
    ])
    assert.deepEqual([mine.status, mine.stdout], [theirs.status, theirs.stdout])
    assert.match(mine.stdout, /def:1: (true|false)/)
  },
)

test(
  'OSCAP_PROBE_ROOT is where is looked; items are bounded by OSCAP_PROBE_MAX_COLLECTED_ITEMS',
  { skip },
  async () => {
    const root = join(folder, 'root')
    mkdirSync(join(root, 'etc'), { recursive: true })
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\neve:x:0:0::/root:/bin/sh\n')
    writeFileSync(join(root, 'etc/login.defs'), 'UMASK 000\n')
    const words = ['xccdf', 'eval', '--progress', '--profile', 'essential', bundled]
    const { ours: mine, theirs } = await both(words, { OSCAP_PROBE_ROOT: root })
    // The referee reads the kernel, mounts and processes of this machine instead: we say that they are not known.
    const ofFiles = ({ stdout }: Answer) =>
      stdout.split('\n').filter((line) => /_rule_(account|file|directory|sshd|package|log|cron)/.test(line))
    assert.deepEqual([mine.status, ofFiles(mine)], [theirs.status, ofFiles(theirs)])
    assert.match(mine.stdout, /account_only_root_is_zero:fail/)
    const bounded = await runOurs(words, folder, {
      OSCAP_PROBE_ROOT: root,
      OSCAP_PROBE_MAX_COLLECTED_ITEMS: '1',
    })
    // Two accounts have the number 0, and one of them is root: with one item only, that cannot be told.
    assert.match(bounded.stdout, /account_ids_unique:unknown/)
    const wrong = await runOurs(words, folder, { OSCAP_PROBE_ROOT: join(folder, 'no-root') })
    assert.deepEqual([wrong.status, /there is no folder/.test(wrong.stderr)], [1, true])
  },
)
