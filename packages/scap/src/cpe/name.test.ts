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
  // NISTIR 7696, table 6-2: ANY covers all, NA only itself, and neither is covered by characters.
  ['cpe:2.3:a:x:y:*:*:*:*:*:*:*:*', 'cpe:2.3:a:x:y:-:*:*:*:*:*:*:*', true],
  ['cpe:2.3:a:x:y:-:*:*:*:*:*:*:*', 'cpe:2.3:a:x:y:-:*:*:*:*:*:*:*', true],
  ['cpe:2.3:a:x:y:-:*:*:*:*:*:*:*', 'cpe:2.3:a:x:y:*:*:*:*:*:*:*:*', false],
  ['cpe:2.3:a:x:y:-:*:*:*:*:*:*:*', 'cpe:2.3:a:x:y:1:*:*:*:*:*:*:*', false],
  ['cpe:2.3:a:x:y:1:*:*:*:*:*:*:*', 'cpe:2.3:a:x:y:-:*:*:*:*:*:*:*', false],
  ['cpe:/a:x:y:-', 'cpe:2.3:a:x:y:-:*:*:*:*:*:*:*', true],
  // Wildcards stand for characters; what is escaped stands for itself.
  ['cpe:2.3:a:x:y:1.*:*:*:*:*:*:*:*', 'cpe:2.3:a:x:y:1.23:*:*:*:*:*:*:*', true],
  ['cpe:2.3:a:x:y:1.*:*:*:*:*:*:*:*', 'cpe:2.3:a:x:y:2.1:*:*:*:*:*:*:*', false],
  ['cpe:2.3:a:x:y:??1:*:*:*:*:*:*:*', 'cpe:2.3:a:x:y:321:*:*:*:*:*:*:*', true],
  ['cpe:2.3:a:x:y:??1:*:*:*:*:*:*:*', 'cpe:2.3:a:x:y:4321:*:*:*:*:*:*:*', false],
  ['cpe:2.3:a:x:*y*:*:*:*:*:*:*:*:*', 'cpe:2.3:a:x:ayb:*:*:*:*:*:*:*:*', true],
  ['cpe:2.3:a:x:y:1.\\*:*:*:*:*:*:*:*', 'cpe:2.3:a:x:y:1.2:*:*:*:*:*:*:*', false],
  ['cpe:2.3:a:x:y:1.\\*:*:*:*:*:*:*:*', 'cpe:/a:x:y:1.%2a', true],
  ['cpe:/a:x:y:1.%02', 'cpe:/a:x:y:1.5', true],
  // A target with wildcards cannot be compared, but to ANY.
  ['cpe:2.3:a:x:y:1.2:*:*:*:*:*:*:*', 'cpe:2.3:a:x:y:1.*:*:*:*:*:*:*:*', false],
  ['cpe:2.3:a:x:y:1.*:*:*:*:*:*:*:*', 'cpe:2.3:a:x:y:1.*:*:*:*:*:*:*:*', false],
  // The same name in both bindings.
  ['cpe:2.3:a:foo\\!bar:big\\$money:1:*:*:*:*:*:*:*', 'cpe:/a:foo%21bar:big%24money:1', true],
  ['cpe:/a:x:y:1::~~online~win2003~x64~', 'cpe:2.3:a:x:y:1:*:*:*:online:win2003:x64:*', true],
  ['not a name', 'not a name', true],
  ['not a name', 'cpe:/a:x:y', false],
]
for (const [asked, found, expected] of rows) {
  test(`${asked} ${expected ? 'covers' : 'does not cover'} ${found}`, () =>
    assert.equal(cpeMatches(asked, found), expected))
}
