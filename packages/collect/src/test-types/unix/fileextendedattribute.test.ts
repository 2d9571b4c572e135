import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { test } from 'node:test'
import type { Session } from '../../session.ts'
import { collectFrom, entity, pattern, withFolder } from '../testing.ts'
import { fileextendedattribute } from './fileextendedattribute.ts'

/** In CI the tools (package attr) must be there. */
const withoutTools =
  process.env['CI'] !== 'true' && spawnSync('setfattr', ['--version']).error !== undefined
    ? 'setfattr is not installed'
    : false

test('attributes that may not be read, for whatever reason, are not told as missing', () =>
  withFolder({ file: '' }, async (session, folder) => {
    const asked = [entity('path', folder), pattern('filename', '.*'), pattern('attribute_name', '.*')]
    const told = async (why: string) => {
      const stderr = `getfattr: ${folder}/file: ${why}\n`
      const run: Session['run'] = () => Promise.resolve({ exitStatus: 1, stdout: new Uint8Array(), stderr })
      const collecting = collectFrom({ ...session, run }, fileextendedattribute, asked)
      return collecting.then(
        ({ items }) => `${items.length} items`,
        (error: unknown) => String(error),
      )
    }
    assert.match(await told('Permission denied'), /cannot read .*file on .*: permission denied/)
    assert.match(await told('Stale file handle'), /cannot read attributes of .*file on .*: Stale file handle$/)
    assert.equal(await told('Operation not supported'), '0 items')
    assert.equal(await told('No such file or directory'), '0 items')
  }))

const names = ['plain', 'with space', 'line\nend', 'back\\slash', 'ü', 'without']

test('attributes are told of each file that has some', { skip: withoutTools }, () =>
  withFolder(Object.fromEntries(names.map((name) => [name, ''])), async (session, folder) => {
    for (const name of names.filter((one) => one !== 'without')) {
      execFileSync('setfattr', ['-n', 'user.note', '-v', name.trim(), `${folder}/${name}`])
    }
    execFileSync('setfattr', ['-n', 'user.bytes', '-v', '0x61006200', `${folder}/plain`])
    execFileSync('setfattr', ['-n', 'user.label', '-v', '0x6c6162656c00', `${folder}/plain`])
    symlinkSync('plain', `${folder}/link`)
    const all = [entity('path', folder), pattern('filename', '.*')]
    const notes = await collectFrom(session, fileextendedattribute, [...all, entity('attribute_name', 'user.note')])
    assert.deepEqual(
      notes.items.map(({ filename, value }) => [filename, value]),
      ['back\\slash', 'line\nend', 'plain', 'with space', 'ü'].map((name) => [name, name]),
    )
    const { items } = await collectFrom(session, fileextendedattribute, [
      entity('filepath', `${folder}/plain`),
      pattern('attribute_name', 'bytes|label'),
    ])
    const file = { filepath: `${folder}/plain`, path: folder, filename: 'plain' }
    assert.deepEqual(items, [
      { ...file, attribute_name: 'user.bytes', value: '0x61006200' },
      { ...file, attribute_name: 'user.label', value: 'label' },
    ])
  }),
)
