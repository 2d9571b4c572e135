import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpeMatches } from './name.ts'

/** What is asked for, what the system is, whether the first covers the second. */
const rows: readonly (readonly [string, string, boolean])[] = [
  ['cpe:/o:debian:debian_linux:11', 'cpe:/o:debian:debian_linux:11', true],
  ['cpe:/o:debian:debian_linux', 'cpe:/o:debian:debian_linux:11', true],
  ['cpe:/o:debian:debian_linux:11', 'cpe:/o:debian:debian_linux:12', false],
  ['cpe:/o:debian:debian_linux:11', 'cpe:/o:debian:debian_linux', false],
  ['cpe:/o:Debian:Debian_Linux:11', 'cpe:/o:debian:debian_linux:11', true],
  ['cpe:2.3:o:debian:debian_linux:11:*:*:*:*:*:*:*', 'cpe:/o:debian:debian_linux:11', true],
  ['cpe:/o:redhat:enterprise_linux:9::~~server~~~', 'cpe:2.3:o:redhat:enterprise_linux:9:*:*:*:*:*:*:*', false],
  ['cpe:/a:x:y', 'cpe:/o:x:y', false],
  ['not a name', 'not a name', true],
  ['not a name', 'cpe:/a:x:y', false],
]
for (const [asked, found, expected] of rows) {
  test(`${asked} ${expected ? 'covers' : 'does not cover'} ${found}`, () =>
    assert.equal(cpeMatches(asked, found), expected))
}
