import { test } from 'node:test'
import type { Datatype, Operation } from '@plumbline/scap'
import { assertAgreement } from './differences.ts'
import type { Exception } from './differences.ts'
import { documentsOf, testId } from './documents.ts'
import { askOurselves, askReferee, refereeSkip } from './referee.ts'

interface Comparison {
  readonly datatype: Datatype
  readonly operation: Operation
  readonly expected: string
  readonly found: string
}

/** Forms at the edge of each datatype, each against all of its datatype. */
const VALUES: Partial<Record<Datatype, readonly string[]>> = {
  int: ['0', '-0', '0x10', '--1', '1e3', '4294967296', '-9223372036854775808', '9223372036854775808'],
  float: ['0', '-0', '1.', '1e', '1e400', '1e-400', '0e9', '0x10', 'Infinity', ' 1'],
  boolean: ['true', 'TRUE', ' 1', '00'],
  binary: ['0aff', '0x0a', ' 0aff'],
  version: ['1.0', '1.0a', '1.0b', '1a2', 'v1.0', '5-11-2', '1_0', '.1', '1 0', '99999999999999999999'],
  evr_string: [
    '1-1',
    '(none):1-1',
    ':1-1',
    '00:1-1',
    '10:1-1',
    '2:1-1',
    'x:1-1',
    '1:2:3-4',
    '0:1-1-1',
    '0:-1',
    '0:1~^-1',
  ],
  debian_evr_string: ['1-1', ':1-1', '00:1-1', '10:1-1', '2:1-1', 'x:1-1', '1:2:3-4', '0:1-1-1', '0:1~~-1', '0:1_2-1'],
  ipv4_address: [
    '192.0.2.0',
    '192.0.2.0/24',
    '192.0.2.128/25',
    '192.0.2.0/32',
    '192.0.2.1/33',
    '192.0.2.1/',
    '192.0.2',
    ' 192.0.2.0',
    '0.0.0.0/0',
    '10.0.2.3/255.0.255.0',
  ],
  ipv6_address: [
    '2001:db8::1',
    '2001:db8:0::/48',
    '2001:db8::ff/32',
    '2001:db8::1/128',
    '1:2:3:4:5:6:7::',
    '1::2::3',
    'fe80::1%eth0',
    ' ::1',
  ],
}
const OPERATIONS: readonly Operation[] = ['equals', 'not equal', 'greater than', 'less than or equal']
const NETWORKS: readonly Operation[] = ['subset of', 'superset of']

const either =
  (datatype: Datatype, part: RegExp) =>
  (each: Comparison): boolean =>
    each.datatype === datatype && (part.test(each.found) || part.test(each.expected))
const EXCEPTIONS: readonly Exception<Comparison>[] = [
  {
    clause: 'SimpleDatatypeEnumeration, int: integers have an infinite range',
    covers: either('int', /^9223372036854775808/),
  },
  { clause: 'xsd:float: no hexadecimal digits, and infinity is INF', covers: either('float', /0x10|Infinity/) },
  { clause: 'xsd:boolean: true, false, 1, 0, and white space around', covers: either('boolean', /TRUE|00| /) },
  { clause: 'xsd:hexBinary: pairs of digits, and white space around', covers: either('binary', /0x| /) },
  {
    clause: 'SimpleDatatypeEnumeration, version: integers, which have an infinite range',
    covers: either('version', /9{20}/),
  },
  {
    clause: 'ipv4_address: 0.0.0.0/0 is a network like others, of all addresses',
    covers: either('ipv4_address', /\/0$/),
  },
  { clause: 'ipv4_address: a netmask is ones and then zeros', covers: either('ipv4_address', /255\.0\.255/) },
]

test('odd forms of values compare as with the referee', { skip: refereeSkip() }, (t) => {
  const cases = (Object.entries(VALUES) as [Datatype, readonly string[]][]).flatMap(([datatype, values]) =>
    [...OPERATIONS, ...(datatype.startsWith('ip') ? NETWORKS : [])].flatMap((operation) =>
      values.flatMap((expected) => values.map((found): Comparison => ({ datatype, operation, expected, found }))),
    ),
  )
  const documents = documentsOf(
    cases.map(({ datatype, operation, expected, found }) => ({
      items: [{ entities: [{ datatype, value: found }] }],
      states: [{ entities: [{ datatype, operation, value: expected }] }],
    })),
  )
  const [referee, ours] = [askReferee(documents), askOurselves(documents)]
  assertAgreement(
    t,
    cases.map((each, i) => ({ each, referee: referee.tests[testId(i)], ours: ours.tests[testId(i)] })),
    EXCEPTIONS,
  )
})
