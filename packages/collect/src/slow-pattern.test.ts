import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textfilecontent54 } from './test-types/independent/textfilecontent54.ts'
import { textfilecontent } from './test-types/independent/textfilecontent.ts'
import { collectFrom, entity, pattern, withFolder } from './test-types/testing.ts'
import { file } from './test-types/unix/file.ts'

/** Texts and names that the pattern cannot be done with. */
const slow = '(a+)+$'
const tooSlow = { code: 'pattern-too-slow' }
const texts = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`file${at}`, `${'a'.repeat(3000)}!\n`]))
const names = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`${'a'.repeat(200)}${at}!`, '']))

test('a pattern that takes too long on one file is not tried on the others', { timeout: 30_000 }, () =>
  withFolder(texts, async (session, folder) => {
    const files = [entity('path', folder), pattern('filename', '^file')]
    const asked = [...files, pattern('pattern', slow), entity('instance', '1')]
    await assert.rejects(collectFrom(session, textfilecontent54, asked), tooSlow)
    await assert.rejects(collectFrom(session, textfilecontent, [...files, pattern('line', slow)]), tooSlow)
  }),
)

test(
  'a pattern that takes too long on one name ends its own object, and no walk that others share',
  { timeout: 30_000 },
  () =>
    withFolder(names, async (session, folder) => {
      const below = { recurse: 'directories', recurse_direction: 'down' }
      const asked = (source: string) => [entity('path', folder), pattern('filename', source)]
      const [hostile, plain] = await Promise.allSettled(
        [slow, '!$'].map((source) => collectFrom(session, file, asked(source), below)),
      )
      assert.equal(hostile?.status === 'rejected' ? hostile.reason.code : 'no error', tooSlow.code)
      assert.equal(plain?.status === 'fulfilled' ? plain.value.items.length : plain?.reason, 60)
    }),
)
