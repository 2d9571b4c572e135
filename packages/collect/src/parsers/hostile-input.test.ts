import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAccountFile } from './account-file.ts'
import { parseAppArmorLabel } from './apparmor.ts'
import { parseDpkgStatus } from './dpkg-status.ts'
import { parseEnvironment } from './environment.ts'
import { parseInetdConf } from './inetd-conf.ts'
import { parseIpAddress } from './ip-address.ts'
import { parseLastlog } from './lastlog.ts'
import { parseMountInfo } from './mount-info.ts'
import { parseOsRelease } from './os-release.ts'
import { formatIpv6, parseIpv6Routes, parsePacketSockets, parseRoutes, parseSockets } from './proc-net.ts'
import { parseProcessStat, parseProcessStatus } from './proc-status.ts'
import { parseRpmFiles, parseRpmPackage, parseRpmVerify } from './rpm-output.ts'
import { parseSelinuxContext } from './selinux-context.ts'
import { parseServices } from './services.ts'
import { parseSystemctlShow, parseSystemdWords } from './systemctl-show.ts'
import { parseXinetdConf } from './xinetd-conf.ts'
import { slowness } from '../testing/slowness.ts'

const parsers: Readonly<Record<string, (text: string) => unknown>> = {
  parseAccountFile: (text) => parseAccountFile(text, 4),
  parseAppArmorLabel,
  parseDpkgStatus,
  parseEnvironment,
  parseInetdConf,
  parseIpAddress,
  parseIpv6Routes,
  parseMountInfo,
  parseOsRelease,
  parsePacketSockets,
  parseProcessStat,
  parseProcessStatus,
  parseRoutes,
  parseRpmFiles,
  parseRpmPackage,
  parseRpmVerify,
  parseSelinuxContext,
  parseServices,
  parseSockets,
  parseSystemctlShow,
  parseSystemdWords,
  parseXinetdConf,
}

/** Pieces that the formats are made of, in any order, so that parsers get past their first line. */
const pieces = fc.constantFrom(
  '\n',
  '\n\n',
  ' ',
  '\t',
  ':',
  '=',
  '{',
  '}',
  '"',
  '\\',
  '\\040',
  '(',
  ')',
  ' - ',
  '/',
  '-',
  '%',
  '\0',
  '#',
  '+',
  '<UP>',
  '1: eth0: ',
  'inet ',
  'inet6 ',
  'link/ether ',
  'peer ',
  '10.0.0.1/24',
  'Package: a',
  'Version: ',
  'Status: install ok installed',
  'service x',
  'defaults',
  '+=',
  '-=',
  'include ',
  'Id=',
  '0100007F:0016',
  'FFFFFFFF',
  'S.5....T.',
  'missing',
  ' c ',
  'Uid:\t1\t2',
  '__proto__',
  'constructor=',
)

for (const [name, parse] of Object.entries(parsers)) {
  test(`${name} takes anything whatever`, () => {
    const text = fc.oneof(
      fc.string({ maxLength: 300, unit: 'binary' }),
      fc.array(pieces, { maxLength: 60 }).map((some) => some.join('')),
    )
    fc.assert(
      fc.property(text, (some) => {
        parse(some)
      }),
      { numRuns: 300 },
    )
  })
}

test('long input takes no longer than its length', { timeout: 10_000 * slowness() }, () => {
  for (const parse of Object.values(parsers)) {
    for (const piece of ['a', ' ', '(', ':', '\n', '"', '\\', 'a b\n', '= ', '. c /']) parse(piece.repeat(100_000))
  }
})

test('an IPv6 address is written as the URL standard does, but for those that hold an IPv4 address', () => {
  const bytes = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })), { minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(bytes, (address) => {
      fc.pre(address.slice(0, 10).some((byte) => byte !== 0))
      const groups = Array.from({ length: 8 }, (_, at) =>
        ((address[2 * at] ?? 0) * 256 + (address[2 * at + 1] ?? 0)).toString(16),
      )
      assert.equal(`[${formatIpv6(address)}]`, new URL(`http://[${groups.join(':')}]`).hostname)
    }),
    { numRuns: 500 },
  )
})

test('addresses that hold an IPv4 address are written with it', () => {
  const zeros = Array<number>(10).fill(0)
  assert.deepEqual(
    [
      formatIpv6([...zeros, 255, 255, 192, 0, 2, 1]),
      formatIpv6([...zeros, 0, 0, 192, 0, 2, 1]),
      formatIpv6([...zeros, 0, 0, 0, 0, 0, 1]),
      formatIpv6([...zeros, 0, 0, 0, 0, 0, 0]),
    ],
    ['::ffff:192.0.2.1', '::192.0.2.1', '::1', '::'],
  )
})

test('a lastlog of any size answers for any user', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 900 }), fc.bigInt({ min: -5n, max: 2n ** 64n }), (bytes, userId) => {
      const lastLogin = parseLastlog(bytes)
      assert.ok(lastLogin === undefined || typeof lastLogin(userId) === 'bigint')
    }),
  )
})
