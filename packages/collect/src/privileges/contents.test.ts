import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResolvedEntity, ResolvedObject } from '@plumbline/scap'
import { testTypes } from '../registry.ts'
import { contentsOf } from './contents.ts'

const entity = (name: string, value: string, operation: ResolvedEntity['operation'] = 'equals'): ResolvedEntity => ({
  name,
  datatype: 'string',
  operation,
  values: [value],
  varCheck: 'all',
  entityCheck: 'all',
  checkExistence: 'at_least_one_exists',
  nil: false,
  mask: false,
})

const object = (testType: string, ...entities: readonly ResolvedEntity[]): ResolvedObject => ({
  id: 'oval:a:obj:1',
  digest: '',
  testType: testType as ResolvedObject['testType'],
  entities,
  behaviors: {},
  filters: [],
})

/** These tell of files what stands in their directories, or in the database of packages. */
const ofAttributes = [
  'linux/rpmverify',
  'linux/rpmverifyfile',
  'linux/selinuxsecuritycontext',
  'unix/file',
  'unix/fileextendedattribute',
  'unix/symlink',
]

test('each test type that takes a file is granted its content, or reads none', () => {
  const takeFiles = testTypes.filter(({ object: entities }) => entities.includes('filepath')).map(({ name }) => name)
  assert.ok(takeFiles.length > ofAttributes.length)
  for (const name of takeFiles) {
    const expected = ofAttributes.includes(name) ? [] : [{ path: '/etc/x' }]
    assert.deepEqual(contentsOf(object(name, entity('filepath', '/etc/x'))), expected, name)
  }
})

test('the environment of a process is granted, of one that is asked for by its number that alone', () => {
  const environment = (...entities: readonly ResolvedEntity[]) =>
    contentsOf(object('independent/environmentvariable58', ...entities, entity('name', 'PATH')))
  assert.deepEqual(environment(entity('pid', '1')), [{ path: '/proc/1/environ' }])
  assert.deepEqual(environment(entity('pid', '1', 'greater than')), [{ expression: '/proc/[0-9]+/environ' }])
  assert.deepEqual(environment({ ...entity('pid', ''), nil: true }), [])
  assert.deepEqual(environment(), [])
})
