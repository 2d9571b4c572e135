import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, entity, pattern, replay } from '../testing.ts'
import { rpmverifyfile } from './rpmverifyfile.ts'

const anyPackage = ['name', 'epoch', 'version', 'release', 'arch'].map((name) => pattern(name, '.*'))
const owner = {
  name: 'pp',
  epoch: '4',
  version: '1.2',
  release: '3',
  arch: 'noarch',
  extended_name: 'pp-4:1.2-3.noarch',
}

const passed = {
  size_differs: 'pass',
  mode_differs: 'pass',
  md5_differs: 'pass',
  filedigest_differs: 'pass',
  device_differs: 'pass',
  link_mismatch: 'pass',
  ownership_differs: 'pass',
  group_differs: 'pass',
  mtime_differs: 'pass',
  capabilities_differ: 'pass',
  configuration_file: 'false',
  documentation_file: 'false',
  ghost_file: 'false',
  license_file: 'false',
  readme_file: 'false',
}

test('each file of a package says how it differs from what was installed', async () => {
  const session = replay(import.meta, 'rpm-4.18')
  const { items } = await collectFrom(session, rpmverifyfile, [
    ...anyPackage,
    pattern('filepath', '/(same|changed|config|mode)$'),
  ])
  assert.deepEqual(items, [
    {
      ...owner,
      ...passed,
      filepath: '/opt/pp/changed',
      size_differs: 'fail',
      md5_differs: 'fail',
      filedigest_differs: 'fail',
      mtime_differs: 'fail',
    },
    {
      ...owner,
      ...passed,
      filepath: '/opt/pp/config',
      size_differs: 'fail',
      md5_differs: 'fail',
      filedigest_differs: 'fail',
      ownership_differs: 'fail',
      group_differs: 'fail',
      mtime_differs: 'fail',
      configuration_file: 'true',
    },
    { ...owner, ...passed, filepath: '/opt/pp/mode', mode_differs: 'fail' },
    { ...owner, ...passed, filepath: '/opt/pp/same' },
  ])
})

test('of a file that is missing nothing could be tested', async () => {
  const session = replay(import.meta, 'rpm-4.18')
  const { items } = await collectFrom(session, rpmverifyfile, [...anyPackage, pattern('filepath', 'missing$')])
  const results = Object.entries(items[0] ?? {}).filter(([name]) => /_(differs?|mismatch)$/.test(name))
  assert.deepEqual(new Set(results.map(([, result]) => result)), new Set(['not performed']))
})

test('a file is found by the path that leads to it, though its package knows another', async () => {
  const session = replay(import.meta, 'rpm-4.18')
  const { items } = await collectFrom(session, rpmverifyfile, [...anyPackage, entity('filepath', '/opt/pp/real/inner')])
  assert.deepEqual(items, [{ ...owner, ...passed, filepath: '/opt/pp/real/inner' }])
})

test('behaviors leave out tests and kinds of files', async () => {
  const session = replay(import.meta, 'rpm-4.18', {
    commands: {
      'rpm --verify --verbose --nodeps --noscripts --nodigest --nosignature --nofiledigest --nosize -- pp-1.2-3.noarch':
        {
          exitStatus: 1,
          stdout: ['.......T.    /opt/pp/changed', '..?......    /opt/pp/same', ''],
          stderr: '',
        },
    },
  })
  const { items } = await collectFrom(
    session,
    rpmverifyfile,
    [...anyPackage, pattern('filepath', '/(changed|config|ghost|same)$')],
    { nomd5: 'true', nosize: 'true', noconfigfiles: 'true', noghostfiles: 'true', nomode: 'false' },
  )
  const left = { size_differs: 'not performed', md5_differs: 'not performed', filedigest_differs: 'not performed' }
  assert.deepEqual(items, [
    { ...owner, ...passed, ...left, filepath: '/opt/pp/changed', mtime_differs: 'fail' },
    { ...owner, ...passed, ...left, filepath: '/opt/pp/same' },
  ])
})

test('what rpm does not speak of was not tested; a system that rpm cannot verify is an error', async () => {
  const command = 'rpm --verify --verbose --nodeps --noscripts --nodigest --nosignature -- pp-1.2-3.noarch'
  const silent = replay(import.meta, 'rpm-4.18', {
    commands: { [command]: { exitStatus: 0, stdout: [''], stderr: '' } },
  })
  const { items } = await collectFrom(silent, rpmverifyfile, [...anyPackage, pattern('filepath', 'same$')])
  assert.equal(items[0]?.['mode_differs'], 'not performed')
  assert.deepEqual(items[0]?.['message'], ['cannot verify /opt/pp/same: rpm said nothing about it'])
  const failed = { exitStatus: 1, stdout: [''], stderr: 'error: cannot open Packages database\n' }
  const broken = replay(import.meta, 'rpm-4.18', { commands: { [command]: failed } })
  await assert.rejects(collectFrom(broken, rpmverifyfile, [...anyPackage, pattern('filepath', 'same$')]), {
    code: 'command-failed',
  })
})

test('a file that the account may not read is an error, and no filter for what differs drops it', async () => {
  const command = 'rpm --verify --verbose --nodeps --noscripts --nodigest --nosignature -- pp-1.2-3.noarch'
  const stdout = [
    '..?......    /opt/pp/same',
    'missing   c  /opt/pp/config (Permission denied)',
    'missing      /opt/pp/missing',
    '',
  ]
  const session = replay(import.meta, 'rpm-4.18', { commands: { [command]: { exitStatus: 1, stdout, stderr: '' } } })
  const { items } = await collectFrom(
    session,
    rpmverifyfile,
    [...anyPackage, pattern('filepath', '/(same|config|missing)$')],
    {},
    [
      {
        action: 'include',
        state: {
          id: 'oval:test:ste:1',
          testType: 'linux/rpmverifyfile',
          operator: 'AND',
          entities: [entity('filedigest_differs', 'fail')],
        },
      },
    ],
  )
  assert.deepEqual(
    items.map(({ filepath, status, message }) => ({ filepath, status, message })),
    [
      {
        filepath: '/opt/pp/config',
        status: 'error',
        message: ['cannot verify /opt/pp/config: Permission denied'],
      },
      { filepath: '/opt/pp/same', status: 'error', message: ['cannot verify /opt/pp/same: it could not be read'] },
    ],
  )
})

test('a system without rpm is none that this applies to', async () => {
  const statuses = Object.fromEntries(databases.map((path) => [path, null]))
  const session = replay(import.meta, 'rpm-4.18', {
    statuses: { ...statuses, '/usr/lib/rpm/rpmrc': null, '/etc/rpmrc': null },
  })
  assert.deepEqual(await collectFrom(session, rpmverifyfile, [...anyPackage, pattern('filepath', '.*')]), {
    flag: 'not applicable',
    messages: ['web-1 does not use rpm'],
    items: [],
  })
})

const databases = ['/var/lib/rpm', '/usr/lib/sysimage/rpm', '/usr/share/rpm'].flatMap((folder) =>
  ['rpmdb.sqlite', 'Packages', 'Packages.db'].map((file) => `${folder}/${file}`),
)
