import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, entity, pattern, withFolder } from '../testing.ts'
import { filehash } from './filehash.ts'

test('MD5 and SHA-1 of every file that matches', () =>
  withFolder({ one: 'abc', two: '' }, async (session, folder) => {
    const { items } = await collectFrom(session, filehash, [entity('path', folder), pattern('filename', '^o')])
    assert.deepEqual(items, [
      {
        filepath: `${folder}/one`,
        path: folder,
        filename: 'one',
        // RFC 1321, A.5, and FIPS 180-4.
        md5: '900150983cd24fb0d6963f7d28e17f72',
        sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
      },
    ])
  }))
