import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, pattern, replay } from '../testing.ts'
import { shadow } from './shadow.ts'

test('an empty field is -1, as the C library has it', async () => {
  const { items } = await collectFrom(replay(import.meta, 'debian-12'), shadow, [pattern('username', '^(root|ada)$')])
  assert.deepEqual(items, [
    {
      username: 'root',
      password: '*',
      chg_lst: '20781',
      chg_allow: '0',
      chg_req: '99999',
      exp_warn: '7',
      exp_inact: '-1',
      exp_date: '-1',
      flag: '18446744073709551615',
      encrypt_method: 'DES',
    },
    {
      username: 'ada',
      password: '$6$saltsalt$madeUpHash',
      chg_lst: '19700',
      chg_allow: '1',
      chg_req: '90',
      exp_warn: '7',
      exp_inact: '30',
      exp_date: '20500',
      flag: '18446744073709551615',
      encrypt_method: 'SHA-512',
    },
  ])
})

test('the method of a hash is told where the standard has a word for it', async () => {
  const hashes = {
    '': 'DES',
    '!': 'DES',
    '!$6$locked$x': 'DES',
    abJnggxhB: 'DES',
    '_J9..rasm': 'BSDi',
    $1$s$x: 'MD5',
    $2a$05$x: 'Blowfish',
    $2y$05$x: 'Blowfish',
    $5$s$x: 'SHA-256',
    '$6$rounds=5000$s$x': 'SHA-512',
    $md5$s$x: 'Sun MD5',
    '$md5,rounds=904$s$x': 'Sun MD5',
    $y$j9T$s$x: undefined,
    $7$s$x: undefined,
  }
  const text = Object.keys(hashes).map((hash, at) => `user${at}:${hash}:::::::`)
  const session = replay(import.meta, 'debian-12', { files: { '/etc/shadow': { text } } })
  const { items } = await collectFrom(session, shadow, [pattern('username', '.*')])
  assert.deepEqual(Object.fromEntries(items.map((item) => [item['password'], item['encrypt_method']])), hashes)
})

test('hashes are masked where the object masks them', async () => {
  const { items } = await shadow.collect(
    replay(import.meta, 'debian-12'),
    {
      id: 'oval:test:obj:1',
      digest: '',
      testType: 'unix/shadow',
      entities: [entity('username', 'ada', { mask: true })],
      behaviors: {},
      filters: [],
    },
    10,
  )
  assert.deepEqual(items[0]?.entities[0], {
    name: 'username',
    datatype: 'string',
    status: 'exists',
    value: 'ada',
    mask: true,
  })
})

test('without a shadow file nobody has a hashed password; one that cannot be read is an error', async () => {
  const anybody = pattern('username', '.*')
  const absent = replay(import.meta, 'debian-12', { files: { '/etc/shadow': null } })
  assert.deepEqual((await collectFrom(absent, shadow, [anybody])).items, [])
  const unreadable = replay(import.meta, 'debian-12', { files: { '/etc/shadow': denied('/etc/shadow') } })
  await assert.rejects(collectFrom(unreadable, shadow, [anybody]), { code: 'permission-denied' })
})
