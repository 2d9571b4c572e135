import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, pattern, replay } from '../testing.ts'
import { dpkginfo } from './dpkginfo.ts'

test('a package has its version in parts and as a whole', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), dpkginfo, [pattern('name', '^(login|cron)$')])
  assert.deepEqual(items, [
    { name: 'cron', arch: 'amd64', epoch: '0', release: '162', version: '3.0pl1', evr: '0:3.0pl1-162' },
    {
      name: 'login',
      arch: 'amd64',
      epoch: '1',
      release: '1+deb12u2',
      version: '4.13+dfsg1',
      evr: '1:4.13+dfsg1-1+deb12u2',
    },
  ])
})

const paragraph = (name: string, status: string, version: string, more = ''): string[] => [
  `Package: ${name}`,
  `Status: ${status}`,
  'Architecture: all',
  ...(version === '' ? [] : [`Version: ${version}`]),
  ...(more === '' ? [] : [more]),
  'Description: Package: not-this-one',
  ' Package: nor-this',
  '',
]

test('what is on the disk counts, however far its installation came; what left only its configuration does not', async () => {
  const text = [
    ...paragraph('held', 'hold ok installed', '1.0'),
    ...paragraph('triggered', 'install ok triggers-pending', '1-2-3'),
    ...paragraph('unpacked', 'install reinstreq unpacked', '2:1'),
    ...paragraph('removed', 'deinstall ok config-files', '1.0'),
    ...paragraph('never', 'unknown ok not-installed', ''),
    ...paragraph('twice', 'install ok installed', '1', 'Multi-Arch: same'),
    ...paragraph('twice', 'install ok installed', '1', 'Architecture: i386'),
  ]
  const session = replay(import.meta, 'debian-12', { files: { '/var/lib/dpkg/status': { text } } })
  const { items } = await collectFrom(session, dpkginfo, [pattern('name', '.*')])
  assert.deepEqual(
    items.map(({ name, evr }) => [name, evr]),
    [
      ['held', '0:1.0'],
      ['triggered', '0:1-2-3'],
      ['unpacked', '2:1'],
      ['twice', '0:1'],
      ['twice', '0:1'],
    ],
  )
})

test('a name may say of which architecture the package is, as with dpkg', async () => {
  const text = [
    ...paragraph('tool', 'install ok installed', '1'),
    ...paragraph('library', 'install ok installed', '1').with(2, 'Architecture: amd64'),
    ...paragraph('foreign', 'install ok installed', '1').with(2, 'Architecture: i386'),
    ...paragraph('dpkg', 'install ok installed', '1').with(2, 'Architecture: amd64'),
  ]
  const session = replay(import.meta, 'debian-12', { files: { '/var/lib/dpkg/status': { text } } })
  for (const [name, count] of [
    ['library:amd64', 1],
    ['library:i386', 0],
    ['library:', 0],
    ['library:native', 1],
    ['library:all', 1],
    ['foreign:native', 0],
    ['tool:native', 1],
    ['tool:all', 1],
    ['tool:amd64', 1],
    ['tool:amd64:amd64', 0],
  ] as const) {
    const { items } = await collectFrom(session, dpkginfo, [entity('name', name)])
    assert.equal(items.length, count, name)
  }
})

test('a package that is not there does not exist; a system without dpkg is none that this applies to', async () => {
  assert.deepEqual(
    (await collectFrom(replay(import.meta, 'debian-12'), dpkginfo, [entity('name', 'telnetd')])).items,
    [],
  )
  const without = replay(import.meta, 'debian-12', { files: { '/var/lib/dpkg/status': null } })
  assert.deepEqual(await collectFrom(without, dpkginfo, [entity('name', 'bash')]), {
    flag: 'not applicable',
    messages: ['web-1 has no dpkg database'],
    items: [],
  })
})

test('a database that cannot be read is an error', async () => {
  const session = replay(import.meta, 'debian-12', {
    files: { '/var/lib/dpkg/status': denied('/var/lib/dpkg/status') },
  })
  await assert.rejects(collectFrom(session, dpkginfo, [entity('name', 'bash')]), { code: 'permission-denied' })
})
