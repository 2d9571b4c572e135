import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, entity, pattern, withFolder } from '../testing.ts'
import { textfilecontent } from './textfilecontent.ts'

test('each line that matches is an item, with its first match', () =>
  withFolder({ conf: 'a=1 a=2\n\n# a=3\nb=4' }, async (session, folder) => {
    const file = { filepath: `${folder}/conf`, path: folder, filename: 'conf' }
    const asked = '^([ab])=(\\d)|^#(x)?'
    const { items } = await collectFrom(session, textfilecontent, [
      entity('path', folder),
      entity('filename', 'conf'),
      pattern('line', asked),
    ])
    assert.deepEqual(items, [
      { ...file, pattern: asked, instance: '1', line: asked, text: 'a=1', subexpression: ['a', '1'] },
      { ...file, pattern: asked, instance: '2', line: asked, text: '#' },
      { ...file, pattern: asked, instance: '3', line: asked, text: 'b=4', subexpression: ['b', '4'] },
    ])
  }))

test('an end of line is part of the line, and a dollar stands before it', () =>
  withFolder({ conf: 'one\ntwo\n' }, async (session, folder) => {
    const of = async (line: string) =>
      (await collectFrom(session, textfilecontent, [entity('filepath', `${folder}/conf`), pattern('line', line)])).items
        .length
    assert.deepEqual([await of('e$'), await of('\\n$'), await of('^two$'), await of('one\\ntwo')], [1, 2, 1, 0])
  }))
