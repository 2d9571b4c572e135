import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const entry = join(import.meta.dirname, 'main.ts')
const environment = { ...process.env, SOURCE_DATE_EPOCH: '1770091506' }

async function plumbline(
  ...parameters: readonly string[]
): Promise<{ status: unknown; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [entry, ...parameters], {
      env: environment,
      maxBuffer: 1 << 28,
    })
    return { status: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string }
    return { status: code, stdout: stdout ?? '', stderr: stderr ?? '' }
  }
}

/** A small root file system: enough for rules to pass, to fail and not to apply. */
function makeRoot(folder: string): string {
  const root = join(folder, 'root')
  const files: Record<string, string> = {
    'etc/os-release': 'ID=debian\nVERSION_ID="12"\nNAME="Debian GNU/Linux"\n',
    'etc/hostname': 'web-3\n',
    'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\neve:x:0:0::/root:/bin/sh\n',
    'etc/shadow': 'root:*:19000:0:99999:7:::\n',
    'etc/login.defs': '# defaults\nUMASK 077\nENCRYPT_METHOD MD5\n',
    'etc/ssh/sshd_config': 'Port 22\nPermitRootLogin yes\n',
    'usr/sbin/sshd': '',
    'var/lib/dpkg/status': 'Package: telnetd\nStatus: install ok installed\nArchitecture: amd64\nVersion: 0.17\n\n',
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  // Read later than anything that happened to it: being read again does not change when that was.
  const now = Date.now() / 1000
  for (const name of ['.', ...readdirSync(root, { recursive: true, encoding: 'utf8' })]) {
    utimesSync(join(root, name), now + 3600, now)
  }
  return root
}

const reports = (folder: string): string[] => [
  '--results',
  join(folder, 'results.xml'),
  '--arf',
  join(folder, 'arf.xml'),
  '--oval-results',
  join(folder, 'oval'),
  '--html',
  join(folder, 'report.html'),
  '--json',
  join(folder, 'result.json'),
  '--csv',
  join(folder, 'rules.csv'),
  '--junit',
  join(folder, 'junit.xml'),
  '--ohdf',
  join(folder, 'ohdf.json'),
]

const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.\w+$/.test(name))
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )

test('collect, then evaluate from the file, gives what scan gives, byte for byte in every report', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-round-trip-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const root = `root:${makeRoot(folder)}`
  const [once, apart] = [join(folder, 'once'), join(folder, 'apart')]
  mkdirSync(once)
  mkdirSync(apart)
  const evidence = join(folder, 'evidence.json')
  const scanned = await plumbline('scan', '--asset', root, '--profile', 'strict', ...reports(once))
  const collected = await plumbline('collect', '--asset', root, '--profile', 'strict', '--evidence', evidence)
  assert.equal(collected.status, 0, collected.stderr)
  const evaluated = await plumbline('evaluate', '--profile', 'strict', '--evidence', evidence, ...reports(apart))
  assert.equal(scanned.status, 2, scanned.stderr)
  assert.deepEqual(evaluated, scanned)
  const [ours, theirs] = [filesOf(once), filesOf(apart)]
  assert.deepEqual(Object.keys(theirs), Object.keys(ours))
  assert.ok(Object.keys(ours).length >= 9)
  for (const [name, text] of Object.entries(ours)) assert.ok(theirs[name] === text, name)
})

test('scan --explain says which line of which file decided', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-explain-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const root = `root:${makeRoot(folder)}`
  const explain = (rule: string) => plumbline('scan', '--asset', root, '--profile', 'strict', '--explain', rule)
  const { stdout } = await explain('sshd_root_login')
  assert.match(
    stdout,
    /Failed because line 2 of \/etc\/ssh\/sshd_config sets PermitRootLogin to yes; expected text matching/,
  )
  assert.match(stdout, /\[false\] AND/)
  const unknown = await explain('no_such_rule')
  assert.deepEqual([unknown.status, unknown.stderr], [1, 'plumbline: the benchmark has no rule "no_such_rule"\n'])
})

test('a report to standard output stands there alone', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-stdout-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const { stdout } = await plumbline('scan', '--asset', `root:${makeRoot(folder)}`, '--json', '-')
  assert.equal((JSON.parse(stdout) as { format: number }).format, 1)
  const guide = await plumbline('guide', '--profile', 'essential')
  assert.match(guide.stdout, /^<!doctype html>/)
  const refused = await plumbline('scan', '--asset', `root:${folder}`, '--csv', join(folder, 'none', 'x.csv'))
  assert.equal(refused.status, 1)
  assert.match(refused.stderr, /^plumbline: cannot write .*x\.csv: ENOENT/)
})
