import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { rpminfo } from './test-types/linux/rpminfo.ts'
import { rpmverifypackage } from './test-types/linux/rpmverifypackage.ts'
import { fileextendedattribute } from './test-types/unix/fileextendedattribute.ts'
import { collectFrom, entity, pattern } from './test-types/testing.ts'
import type { Asked } from './testing/compare-objects.ts'
import { installing, withoutReferee, writtenByRpm } from './testing/referee.ts'
import { openOfflineRoot } from './transports/offline-root.ts'

const programs = ['rpmbuild', 'unshare', 'setfattr', 'setfacl', 'setcap', 'db5.3_load']
const missing = programs.find((program) => spawnSync(program, ['--version']).error !== undefined)
const skip =
  withoutReferee ||
  (missing === undefined || process.env['CI'] === 'true' ? false : `${missing} is not installed`) ||
  (spawnSync('unshare', ['-m', 'true']).status === 0 ? false : 'file systems can be mounted by root only')

const spec = `Name: plumbline-sample
Version: 1.2
Release: 3
Epoch: 4
Summary: One file
License: none
BuildArch: noarch
%description
One file.
%install
mkdir -p %{buildroot}/opt; echo one > %{buildroot}/opt/plumbline-sample
%files
/opt/plumbline-sample
`

const any = (name: string): string => `<linux:${name} operation="pattern match">.*</linux:${name}>`
/** Nowhere else: its scripts would lie in `/var/tmp`, where other tests look. */
const rpmbuildIn = (beside: string): string[] => [
  '--define',
  `_topdir ${beside}/build`,
  '--define',
  `_tmppath ${beside}`,
]
const everyVersion = ['name', 'epoch', 'version', 'release', 'arch'].map(any).join('')

/** Packages whose files are changed once they are installed: one whose needs are not met, one with a script to verify it. */
const changedSpec = `Name: plumbline-changed
Version: 1
Release: 1
Summary: Files
License: none
BuildArch: noarch
Requires: plumbline-none
%description
Files.
%package scripted
Summary: Scripted
%description scripted
Scripted.
%verifyscript scripted
exit 1
%install
mkdir -p %{buildroot}/opt/sample/dir %{buildroot}/opt/sample/was-dir %{buildroot}/opt/sample/now-link
for file in same longer missing config mode ghost touched owner capable uncapable now-dir "a name"; do echo $file > "%{buildroot}/opt/sample/$file"; done
ln -s same %{buildroot}/opt/sample/link
ln -s same %{buildroot}/opt/sample/other-link
touch %{buildroot}/opt/scripted
%files
%config /opt/sample/config
%ghost /opt/sample/ghost
%caps(cap_net_raw,cap_net_admin=ep) /opt/sample/capable
%caps(cap_chown=p) /opt/sample/uncapable
%attr(0644, daemon, mail) /opt/sample/owner
%verify(not mtime size) /opt/sample/longer
"/opt/sample/a name"
/opt/sample/same
/opt/sample/missing
/opt/sample/mode
/opt/sample/touched
/opt/sample/now-dir
/opt/sample/link
/opt/sample/other-link
%dir /opt/sample/dir
%dir /opt/sample/was-dir
%dir /opt/sample/now-link
%files scripted
/opt/scripted
`
const change = `cd "$0/opt/sample"
rm missing
echo more >> longer
chmod 4600 mode
touch -d 2001-01-01 touched same
chown root:daemon owner
ln -sfn elsewhere other-link
setcap -r uncapable
rm now-dir; mkdir now-dir
rmdir was-dir now-link; echo file > was-dir; ln -s dir now-link`

/** A root with one package in its database, and a folder beside it to work in. */
function withRoot(use: (root: string, beside: string) => void | Promise<void>, backend = 'sqlite'): Promise<void> {
  const beside = mkdtempSync(join(tmpdir(), 'plumbline-root-'))
  const root = join(beside, 'root')
  const database = join(root, 'var/lib/rpm')
  mkdirSync(database, { recursive: true })
  writeFileSync(join(beside, 'sample.spec'), spec)
  const define = rpmbuildIn(beside)
  execFileSync('rpmbuild', ['-bb', '--quiet', ...define, `${beside}/sample.spec`], { stdio: 'ignore' })
  const into = ['--dbpath', database, '--define', `_db_backend ${backend}`]
  execFileSync('rpm', [...into, '--initdb'])
  const built = `${beside}/build/RPMS/noarch/plumbline-sample-1.2-3.noarch.rpm`
  execFileSync('rpm', [...into, '--install', '--justdb', ...installing, built])
  return Promise.resolve(use(root, beside)).finally(() => rmSync(beside, { recursive: true }))
}

/** The same packages as Berkeley DB keeps them: header blobs by number, and the last number under 0. */
function turnIntoBerkeleyDb(database: string, dump: string): void {
  const sqlite = new DatabaseSync(join(database, 'rpmdb.sqlite'))
  const rows = sqlite.prepare('select hnum, blob from Packages').all() as { hnum: number; blob: Uint8Array }[]
  sqlite.close()
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    return bytes
  }
  const pairs = [[number(0), number(Math.max(...rows.map(({ hnum }) => hnum)))] as const]
  for (const { hnum, blob } of rows) pairs.push([number(hnum), Buffer.from(blob)])
  const lines = pairs.flat().map((bytes) => ` ${bytes.toString('hex')}`)
  writeFileSync(dump, ['VERSION=3', 'format=bytevalue', 'type=hash', 'HEADER=END', ...lines, 'DATA=END', ''].join('\n'))
  for (const name of readdirSync(database)) rmSync(join(database, name))
  execFileSync('db5.3_load', ['-f', dump, join(database, 'Packages')])
}

/** Compares with a referee whose librpm looks where the root's distribution has its database. */
function compare(
  root: string,
  objects: readonly Asked[],
  backend = 'sqlite',
): { compared: readonly string[]; found: unknown } {
  const script = `
    mount --make-rprivate /
    mount -t tmpfs tmpfs /usr/lib/rpm/macros.d
    printf '%%_dbpath /var/lib/rpm\n%%_db_backend %s\n' "$0" > /usr/lib/rpm/macros.d/macros.plumbline
    exec "$@"`
  const program = join(import.meta.dirname, 'testing/compare-objects.ts')
  const told = execFileSync('unshare', ['-m', 'sh', '-ec', script, backend, process.execPath, program, root], {
    input: JSON.stringify(objects),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  return JSON.parse(told) as { compared: readonly string[]; found: unknown }
}

const everyPackage: Asked = ['linux:rpminfo', '<linux:name operation="pattern match">.*</linux:name>']

test('packages of a mounted root are told as the referee tells them, and its database is left as it is', { skip }, () =>
  withRoot(async (root) => {
    const before = contents(join(root, 'var/lib/rpm'))
    assert.deepEqual(await namesIn(root), ['plumbline-sample'])
    assert.deepEqual(contents(join(root, 'var/lib/rpm')), before)
    // The referee writes into it.
    const { compared, found } = compare(root, [
      everyPackage,
      ['linux:rpminfo', '<linux:name>plumbline-sample</linux:name>'],
      ['linux:rpminfo', '<linux:name>none</linux:name>'],
      ['linux:rpminfo', '<linux:behaviors filepaths="true"/><linux:name>plumbline-sample</linux:name>'],
    ])
    assert.deepEqual(found, [])
    assert.ok(compared.some((text) => text.includes('evr=4:1.2-3') && text.includes('/opt/plumbline-sample')))
  }),
)

test(
  'what became of the files of packages is told as the referee tells it, which enters the root and asks rpm',
  { skip },
  () =>
    withRoot((root, beside) => {
      // The referee wants the settings of rpm in the root.
      for (const file of ['/etc/passwd', '/etc/group', '/usr/lib/rpm/rpmrc']) {
        mkdirSync(join(root, dirname(file)), { recursive: true })
        writeFileSync(join(root, file), readFileSync(file))
      }
      writeFileSync(join(beside, 'changed.spec'), changedSpec)
      const define = rpmbuildIn(beside)
      execFileSync('rpmbuild', ['-bb', '--quiet', ...define, `${beside}/changed.spec`], { stdio: 'ignore' })
      const built = readdirSync(join(beside, 'build/RPMS/noarch')).filter((name) =>
        name.startsWith('plumbline-changed'),
      )
      const install = ['--root', root, '--dbpath', '/var/lib/rpm', '--install', ...installing]
      execFileSync('rpm', [...install, ...built.map((name) => join(beside, 'build/RPMS/noarch', name))])
      execFileSync('sh', ['-ec', change, root])
      const { compared, found } = compare(root, [
        ['linux:rpmverifyfile', everyVersion + any('filepath')],
        [
          'linux:rpmverifyfile',
          `<linux:behaviors noconfigfiles="true" nomtime="true"/>${everyVersion}${any('filepath')}`,
        ],
        ['linux:rpmverify', any('name') + any('filepath')],
        [
          'linux:rpmverify',
          '<linux:name>plumbline-changed</linux:name><linux:filepath>/opt/sample/mode</linux:filepath>',
        ],
        [
          'linux:rpmverifypackage',
          `<linux:behaviors nodeps="true" nodigest="true" noscripts="true" nosignature="true"/>${everyVersion}`,
        ],
      ])
      assert.deepEqual(found, [])
      const tellsOf = (path: string, result: string): boolean =>
        compared.some((text) => text.includes(`filepath=${path} `) && text.includes(result))
      assert.ok(tellsOf('/opt/sample/uncapable', 'capabilities_differ=fail'), compared.join('\n'))
      assert.ok(tellsOf('/opt/sample/a name', 'md5_differs=pass'))
    }),
)

test(
  'a script that verifies a package of a mounted root is not run, and the package an error that says so',
  { skip },
  () =>
    withRoot(async (root, beside) => {
      writeFileSync(join(beside, 'changed.spec'), changedSpec)
      const define = rpmbuildIn(beside)
      execFileSync('rpmbuild', ['-bb', '--quiet', ...define, `${beside}/changed.spec`], { stdio: 'ignore' })
      const scripted = join(beside, 'build/RPMS/noarch/plumbline-changed-scripted-1-1.noarch.rpm')
      execFileSync('rpm', ['--dbpath', join(root, 'var/lib/rpm'), '--install', '--justdb', ...installing, scripted])
      const session = openOfflineRoot(root)
      const asked = ['name', 'epoch', 'version', 'release', 'arch'].map((name) => pattern(name, '.*'))
      const { items } = await collectFrom(session, rpmverifypackage, asked)
      await session.close()
      assert.deepEqual(
        items
          .toSorted((one, other) => (String(one['name']) < String(other['name']) ? -1 : 1))
          .map(({ name, status, message, dependency_check_passed: met }) => [name, met, status, message]),
        [
          [
            'plumbline-changed-scripted',
            // The referee says true at a root, and false of the same packages on a machine: it finds no database there.
            'false',
            'error',
            [
              'plumbline-changed-scripted-0:1-1.noarch has a script to verify it: it is not run, for this is a mounted file system, not a running system',
            ],
          ],
          ['plumbline-sample', 'true', undefined, undefined],
        ],
      )
    }),
)

test('packages in Berkeley DB are told too', { skip }, () =>
  withRoot((root, beside) => {
    turnIntoBerkeleyDb(join(root, 'var/lib/rpm'), join(beside, 'dump'))
    const { compared, found } = compare(root, [everyPackage])
    assert.deepEqual(found, [])
    assert.ok(compared.some((text) => text.includes('name=plumbline-sample')))
    assert.deepEqual(readdirSync(join(root, 'var/lib/rpm')), ['Packages'])
  }),
)

for (const backend of writtenByRpm) {
  test(`packages in ${backend} are told as rpm and the referee tell them`, { skip }, () =>
    withRoot(async (root) => {
      assert.deepEqual(await namesIn(root), ['plumbline-sample'])
      const file = backend === 'ndb' ? 'Packages.db' : 'rpmdb.sqlite'
      assert.ok(readdirSync(join(root, 'var/lib/rpm')).includes(file))
      const { compared, found } = compare(root, [everyPackage], backend)
      assert.deepEqual(found, [])
      assert.ok(compared.some((text) => text.includes('name=plumbline-sample')))
    }, backend),
  )
}

test('a database behind a link of the root is the one inside of it', { skip }, () =>
  withRoot(async (root, beside) => {
    mkdirSync(join(root, 'usr/lib/sysimage'), { recursive: true })
    execFileSync('mv', [join(root, 'var/lib/rpm'), join(root, 'usr/lib/sysimage/rpm')])
    symlinkSync('/usr/lib/sysimage/rpm', join(root, 'var/lib/rpm'))
    assert.deepEqual(await namesIn(root), ['plumbline-sample'])
    rmSync(join(root, 'var/lib/rpm'))
    execFileSync('mv', [join(root, 'usr/lib/sysimage/rpm'), join(beside, 'outside')])
    symlinkSync(join(beside, 'outside'), join(root, 'var/lib/rpm'))
    assert.deepEqual(await namesIn(root), [])
  }),
)

test('a database of a form that rpm here cannot read is an error, not an empty one', { skip }, () =>
  withRoot(async (root) => {
    const database = join(root, 'var/lib/rpm')
    for (const name of readdirSync(database)) rmSync(join(database, name))
    writeFileSync(join(database, 'Packages.db'), Buffer.alloc(40_000, 1))
    const told = execFileSync('rpm', ['--showrc'], { encoding: 'utf8' })
    const knows = /^available backends.*\bndb\b/m.test(told)
    await assert.rejects(namesIn(root), { code: knows ? 'command-failed' : 'not-possible-offline', message: /rpm/ })
    assert.deepEqual(readdirSync(database), ['Packages.db'])
  }),
)

test('a database that is no database is an error', { skip }, () =>
  withRoot(async (root) => {
    writeFileSync(join(root, 'var/lib/rpm/rpmdb.sqlite'), Buffer.alloc(40_000, 1))
    await assert.rejects(namesIn(root), { code: 'command-failed' })
  }),
)

test('attributes and access control lists of a mounted root are told as the referee tells them', { skip }, () =>
  withRoot(async (root, beside) => {
    mkdirSync(join(root, 'd/e'), { recursive: true })
    for (const name of ['plain', 'listed', 'noted', 'e/with space']) writeFileSync(join(root, 'd', name), '')
    execFileSync('setfacl', ['-m', 'u:1:r', join(root, 'd/listed')])
    for (const name of ['noted', 'e/with space']) setAttribute(join(root, 'd', name), 'user.note', 'text')
    writeFileSync(join(beside, 'secret'), '')
    setAttribute(join(beside, 'secret'), 'user.note', 'secret')
    symlinkSync('/d', join(root, 'link'))
    symlinkSync(join(beside, 'secret'), join(root, 'd/out'))
    const notes = '<unix:attribute_name operation="pattern match">^user</unix:attribute_name>'
    const names = '<unix:filename operation="pattern match">.*</unix:filename>'
    const below = '<unix:behaviors recurse="directories" recurse_direction="down"/>'
    const { compared, found } = compare(root, [
      ['unix:fileextendedattribute', `${below}<unix:path>/d</unix:path>${names}${notes}`],
      ['unix:fileextendedattribute', `<unix:filepath>/d/noted</unix:filepath>${notes}`],
      ['unix:fileextendedattribute', `<unix:filepath>/d/plain</unix:filepath>${notes}`],
      ['unix:file', `<unix:path>/d</unix:path>${names}`],
      ['unix:file', '<unix:filepath>/d/listed</unix:filepath>'],
    ])
    assert.deepEqual(found, [])
    assert.ok(compared.some((text) => text.includes('/d/listed') && text.includes('has_extended_acl=true')))
    assert.ok(compared.some((text) => text.includes('with space') && text.includes('value=text')))
    // The referee follows links out of the root.
    assert.deepEqual(await attributesOf(root, '/link/noted'), [['user.note', 'text']])
    assert.deepEqual(await attributesOf(root, '/d/out'), [])
  }),
)

test('capabilities of a mounted root are told with the bytes that hold them', { skip }, () =>
  withRoot(async (root) => {
    writeFileSync(join(root, 'able'), '')
    execFileSync('setcap', ['cap_net_raw+ep', join(root, 'able')])
    // The referee tells values as text, so that of these only the name is left.
    const value = '0x0100000200200000000000000000000000000000'
    assert.deepEqual(await attributesOf(root, '/able'), [['security.capability', value]])
  }),
)

const setAttribute = (path: string, name: string, value: string): unknown =>
  execFileSync('setfattr', ['-n', name, '-v', value, path])

async function attributesOf(root: string, path: string): Promise<unknown[]> {
  const session = openOfflineRoot(root)
  const asked = [entity('filepath', path), pattern('attribute_name', '.*')]
  const { items } = await collectFrom(session, fileextendedattribute, asked)
  await session.close()
  return items.map(({ attribute_name: name, value }) => [name, value])
}

async function namesIn(root: string): Promise<unknown[]> {
  const session = openOfflineRoot(root)
  try {
    const { items } = await collectFrom(session, rpminfo, [pattern('name', '.*')])
    return items.map(({ name }) => name)
  } finally {
    await session.close()
  }
}

/** Names with sizes: rpm would touch them, or add some. */
const contents = (folder: string): string[] =>
  execFileSync('ls', ['-la', '--time-style=full-iso', folder], { encoding: 'utf8' }).split('\n').slice(3)
