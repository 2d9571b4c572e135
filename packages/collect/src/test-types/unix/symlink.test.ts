import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { test } from 'node:test'
import { collectFrom, entity, pattern, withFolder } from '../testing.ts'
import { symlink } from './symlink.ts'

test('a symbolic link is told with what it comes down to', () =>
  withFolder({ plain: '' }, async (session, folder) => {
    symlinkSync('plain', `${folder}/near`)
    symlinkSync('near', `${folder}/far`)
    const ask = (name: string) => collectFrom(session, symlink, [entity('filepath', `${folder}/${name}`)])
    assert.deepEqual((await ask('far')).items, [{ filepath: `${folder}/far`, canonical_path: `${folder}/plain` }])
    assert.deepEqual((await ask('plain')).items, [])
    assert.deepEqual((await ask('nowhere')).items, [])
  }))

test('a link that leads nowhere or in a circle is an error, and so is a filepath that is no name', () =>
  withFolder({}, async (session, folder) => {
    symlinkSync('nothing', `${folder}/dangling`)
    symlinkSync('loop', `${folder}/loop`)
    const ask = (name: string) => collectFrom(session, symlink, [entity('filepath', `${folder}/${name}`)])
    await assert.rejects(ask('dangling'), /what the symbolic link .*\/dangling leads to does not exist/)
    await assert.rejects(ask('loop'))
    await assert.rejects(
      collectFrom(session, symlink, [pattern('filepath', `^${folder}/.*`)]),
      /no operation but equals/,
    )
  }))
