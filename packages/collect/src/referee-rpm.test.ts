import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Asked } from './testing/compare-objects.ts'
import { installing, withoutReferee, writtenByRpm } from './testing/referee.ts'

const spec = `Name: plumbline-sample
Version: 1.2
Release: 3
Epoch: 4
Summary: A package with files that were changed since
License: none
BuildArch: noarch
%description
Files.
%install
mkdir -p %{buildroot}/opt/plumbline-sample
for file in same changed missing conf; do echo $file > %{buildroot}/opt/plumbline-sample/$file; done
%files
%config /opt/plumbline-sample/conf
/opt/plumbline-sample/same
/opt/plumbline-sample/changed
/opt/plumbline-sample/missing
`

const any = (name: string): string => `<linux:${name} operation="pattern match">.*</linux:${name}>`
const version = ['name', 'epoch', 'version', 'release', 'arch'].map(any).join('')
const objects: readonly Asked[] = [
  ['linux:rpminfo', any('name')],
  ['linux:rpminfo', '<linux:name>plumbline-sample</linux:name>'],
  ['linux:rpminfo', '<linux:name>none</linux:name>'],
  ['linux:rpminfo', '<linux:behaviors filepaths="true"/><linux:name>plumbline-sample</linux:name>'],
  ['linux:rpmverifyfile', version + any('filepath')],
  // Not by an exact path: the referee tells such a file a second time, with nothing performed.
  ['linux:rpmverifyfile', `<linux:behaviors noconfigfiles="true" nomtime="true"/>${version}${any('filepath')}`],
  ['linux:rpmverify', any('name') + any('filepath')],
  ['linux:rpmverify', `<linux:name>plumbline-sample</linux:name>${any('filepath')}`],
  [
    'linux:rpmverify',
    `<linux:behaviors nomd5="true" nosize="true" noconfigfiles="true"/>${any('name')}${any('filepath')}`,
  ],
  [
    'linux:rpmverify',
    '<linux:name>plumbline-sample</linux:name><linux:filepath>/opt/plumbline-sample/changed</linux:filepath>',
  ],
  [
    'linux:rpmverifypackage',
    `<linux:behaviors nodeps="true" nodigest="true" noscripts="true" nosignature="true"/>${version}`,
  ],
]

const missing = ['rpmbuild', 'unshare'].find((program) => spawnSync(program, ['--version']).status !== 0)
const skip =
  withoutReferee ||
  (missing === undefined || process.env['CI'] === 'true' ? false : `${missing} is not installed`) ||
  (spawnSync('unshare', ['-m', 'true']).status === 0 ? false : 'file systems can be mounted by root only')

for (const backend of writtenByRpm) {
  const name = `packages of a real database (${backend}), and what became of their files, are told as the referee tells them`
  test(name, { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-rpm-'))
    try {
      writeFileSync(join(folder, 'sample.spec'), spec)
      // Nowhere else: its scripts would lie in /var/tmp, where other tests look.
      const places = ['--define', `_topdir ${folder}/build`, '--define', `_tmppath ${folder}`]
      const build = ['-bb', '--quiet', ...places, `${folder}/sample.spec`]
      execFileSync('rpmbuild', build, { stdio: 'ignore' })
      // All of it is gone with the namespace: a database of its own, and the files below /opt.
      const script = `
      mount --make-rprivate /
      mount -t tmpfs tmpfs /usr/lib/rpm/macros.d
      printf '%%_dbpath %s/database\n%%_db_backend %s\n' "$0" "$1" > /usr/lib/rpm/macros.d/macros.plumbline
      shift
      mount -t tmpfs tmpfs /opt
      rpm --initdb
      rpm --install ${installing.join(' ')} "$0"/build/RPMS/noarch/*.rpm
      rm /opt/plumbline-sample/missing
      echo more >> /opt/plumbline-sample/changed
      chmod 0600 /opt/plumbline-sample/conf
      exec "$@"`
      const program = join(import.meta.dirname, 'testing/compare-objects.ts')
      const told = execFileSync('unshare', ['-m', 'sh', '-ec', script, folder, backend, process.execPath, program], {
        input: JSON.stringify(objects),
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      })
      const { compared, found } = JSON.parse(told) as { compared: readonly string[]; found: unknown }
      assert.deepEqual(found, [])
      assert.ok(compared.some((text) => text.includes('name=plumbline-sample') && text.includes('size_differs=fail')))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}

/** One definition that asks for a package. */
const definitions = `<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5" xmlns:linux="http://oval.mitre.org/XMLSchema/oval-definitions-5#linux" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5">
<generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions><definition id="oval:x:def:1" version="1" class="inventory"><metadata><title>t</title><description>d</description></metadata><criteria><criterion test_ref="oval:x:tst:1"/></criteria></definition></definitions>
<tests><linux:rpminfo_test id="oval:x:tst:1" version="1" check="all" comment="c"><linux:object object_ref="oval:x:obj:1"/></linux:rpminfo_test></tests>
<objects><linux:rpminfo_object id="oval:x:obj:1" version="1"><linux:name>bash</linux:name></linux:rpminfo_object></objects></oval_definitions>`

test('beside a database of a form that the tool does not know no other is made', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-rpm-'))
  try {
    mkdirSync(join(folder, 'database'))
    writeFileSync(join(folder, 'database/Packages.db'), Buffer.alloc(40_000, 1))
    writeFileSync(join(folder, 'definitions.xml'), definitions)
    const script = `
      mount --make-rprivate /
      mount -t tmpfs tmpfs /usr/lib/rpm/macros.d
      echo "%_dbpath $0/database" > /usr/lib/rpm/macros.d/macros.plumbline
      exec "$@"`
    const program = join(import.meta.dirname, '../../cli/src/oscap/main.ts')
    const told = execFileSync(
      'unshare',
      ['-m', 'sh', '-ec', script, folder, process.execPath, program, 'oval', 'eval', join(folder, 'definitions.xml')],
      { encoding: 'utf8' },
    )
    assert.match(told, /^Definition oval:x:def:1: error$/m)
    // One that knows the form makes an index of its own beside what it cannot read.
    const made = readdirSync(join(folder, 'database')).filter((name) => name !== 'Index.db')
    assert.deepEqual(made, ['Packages.db'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
