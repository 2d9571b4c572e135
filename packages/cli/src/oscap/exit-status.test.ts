import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runOurs, runTheirs, skip } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-status-'))
after(() => rmSync(folder, { recursive: true }))
const bundled = join(
  import.meta.dirname,
  '../../../../content/plumbline-linux-baseline/plumbline-linux-baseline-ds.xml',
)

const wrong = [
  ...[
    '',
    'nope',
    'nope --help',
    '--nope',
    '-v',
    'xccdf',
    'xccdf nope',
    'xccdf nope --help',
    'xccdf --nope',
    'xccdf -v',
  ],
  ...['xccdf generate', 'xccdf generate nope', 'xccdf generate --profile p', 'oval', 'oval nope', 'oval generate'],
  ...[
    'oval generate nope',
    'oval generate report',
    'oval generate report x',
    'oval list-probes',
    'ds',
    'ds nope',
    'cpe',
    'cpe nope',
    'cve',
    'cvss',
    'cvrf',
  ],
  ...['info', 'info --nope x', 'xccdf eval', 'xccdf eval --nope x', 'xccdf eval --profile', 'xccdf validate'],
  ...['xccdf resolve', 'xccdf resolve x', 'xccdf generate guide', 'xccdf generate report', 'oval eval', 'oval collect'],
  ...['oval analyse', 'oval analyse x', 'oval analyse --results r x', 'oval validate', 'ds sds-validate'],
  ...['ds sds-split', 'ds sds-split x', 'ds sds-split x y z', 'xccdf export-oval-variables', 'info x', 'xccdf eval x'],
  ...['--help', 'xccdf --help', 'xccdf generate --help', 'oval -h', 'ds --help', 'cpe --help', 'xccdf eval -h'],
]

test('wrong command lines have the exit statuses of the referee', { skip }, async () => {
  for (const line of wrong) {
    const words = line.split(' ').filter((word) => word !== '')
    const [ours, theirs] = await Promise.all([runOurs(words, folder), runTheirs(words, folder)])
    assert.equal(ours.status, theirs.status, line)
    // Help is asked for, and wrong words are complained of elsewhere.
    assert.equal(ours.stdout !== '', ours.status === 0, line)
  }
})

test('more files than an operation takes are overlooked, as with the referee', { skip }, async () => {
  for (const words of [
    ['info', bundled, 'nothing'],
    ['ds', 'sds-validate', bundled, 'nothing'],
    ['xccdf', 'generate', 'guide', '--output', 'guide.html', bundled, 'nothing'],
  ]) {
    const [ours, theirs] = [await runOurs(words, folder), await runTheirs(words, folder)]
    assert.equal(ours.status, theirs.status)
    if (ours.status === 0) assert.match(ours.stderr, /WARNING: not looked at: nothing/)
  }
})

test('what is not supported says so, whatever else is in the line', async () => {
  for (const words of ['xccdf generate fix x', 'xccdf remediate --results r x', 'cpe match a b', 'cve find x']) {
    const { status, stdout, stderr } = await runOurs(words.split(' '), folder)
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, /is not supported; there are info, xccdf eval,/)
  }
})
