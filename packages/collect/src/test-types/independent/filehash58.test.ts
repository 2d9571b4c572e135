import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, entity, pattern, withFolder } from '../testing.ts'
import { filehash58 } from './filehash58.ts'

test('hashes of the kinds that are asked for', () =>
  withFolder({ one: 'abc' }, async (session, folder) => {
    const { items } = await collectFrom(session, filehash58, [
      entity('filepath', `${folder}/one`),
      pattern('hash_type', '^SHA-(1|224)$'),
    ])
    // FIPS 180-4 and RFC 3874, the examples for "abc".
    assert.deepEqual(
      items.map(({ hash_type: type, hash }) => [type, hash]),
      [
        ['SHA-1', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
        ['SHA-224', '23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7'],
      ],
    )
  }))

test('a directory has no hash', () =>
  withFolder({ one: '' }, async (session, folder) => {
    const { items } = await collectFrom(session, filehash58, [entity('filepath', folder), entity('hash_type', 'MD5')])
    assert.deepEqual(items, [])
  }))
