import { test } from 'node:test'
import type { Datatype, Operation } from '@plumbline/scap'
import { assertAgreement } from './differences.ts'
import type { Exception } from './differences.ts'
import { documentsOf, testId } from './documents.ts'
import { askOurselves, askReferee, refereeSkip } from './referee.ts'

const skip = refereeSkip()

/** A value found, held against a value expected. */
interface Comparison {
  readonly operation: Operation
  readonly expected: string
  readonly found: string
}

const ORDER: readonly Operation[] = [
  'equals',
  'not equal',
  'greater than',
  'greater than or equal',
  'less than',
  'less than or equal',
]
const REST: readonly Operation[] = [
  'bitwise and',
  'bitwise or',
  'case insensitive equals',
  'case insensitive not equal',
  'pattern match',
  'subset of',
  'superset of',
]
/** An operation that it does not have makes the referee abort on addresses. */
const ADDRESS: readonly Operation[] = [...ORDER, 'subset of', 'superset of']

const holds = (part: RegExp) => (each: Comparison) => part.test(each.found) || part.test(each.expected)

const DATATYPES: readonly {
  readonly datatype: Datatype
  readonly operations: readonly Operation[]
  readonly values: readonly string[]
  readonly exceptions?: readonly Exception<Comparison>[]
}[] = [
  {
    datatype: 'string',
    operations: [...ORDER, ...REST],
    values: ['a', 'A', '', 'a b', '10', '9', '^a', '[', 'ä', 'Ä'],
    exceptions: [{ clause: 'OperationEnumeration, case insensitive equals: also beyond ASCII', covers: holds(/ä/i) }],
  },
  {
    datatype: 'int',
    operations: [...ORDER, ...REST],
    values: [
      '0',
      '1',
      '-1',
      '10',
      '+10',
      ' 10',
      '10 ',
      '010',
      'x',
      '1.0',
      '4',
      '6',
      '9223372036854775807',
      '99999999999999999999',
    ],
    exceptions: [{ clause: 'SimpleDatatypeEnumeration, int: integers have an infinite range', covers: holds(/9{20}/) }],
  },
  {
    datatype: 'float',
    operations: [...ORDER, ...REST],
    values: ['1', '1.0', '1e0', '-2.5', '.5', 'x', 'INF', '-INF', 'NaN', '1.0000000001', '1.1'],
    exceptions: [{ clause: 'xsd:float: NaN equals itself and has no order', covers: holds(/NaN/) }],
  },
  {
    datatype: 'boolean',
    operations: [...ORDER, ...REST],
    values: ['true', 'false', '1', '0', 'True', 'yes'],
    exceptions: [
      {
        clause: 'SimpleDatatypeEnumeration, boolean: true, false, 1, 0; nothing else can be cast',
        covers: holds(/True|yes/),
      },
    ],
  },
  {
    datatype: 'binary',
    operations: [...ORDER, ...REST],
    values: ['0a', '0A', 'ff', 'f', 'zz'],
    exceptions: [
      { clause: 'SimpleDatatypeEnumeration, binary: pairs of hexadecimal digits', covers: holds(/^(f|zz)$/) },
    ],
  },
  {
    datatype: 'version',
    operations: [...ORDER, ...REST],
    values: ['1.0', '1', '1.0.1', '1.2', '1.10', '1-0', '1.a', '1.02', '1.2.', '10', '0', 'a', '1..2'],
    exceptions: [
      {
        clause: 'SimpleDatatypeEnumeration, version: integers divided by single characters',
        covers: holds(/^a$|\.\./),
      },
    ],
  },
  {
    datatype: 'evr_string',
    operations: [...ORDER, ...REST],
    values: [
      '0:1.0-1',
      '1.0-1',
      '1:1.0-1',
      '1.0',
      '0:1.0-2',
      '0:1.0-10',
      '0:1.0~rc1-1',
      '0:1.0^git1-1',
      '0:1.0a-1',
      '0:1.0.1-1',
      '0:1.0-',
      '0:1_0-1',
      '0:01.0-1',
      '0:1.0-1.el9',
      '0:1.a.0-1',
    ],
  },
  {
    datatype: 'debian_evr_string',
    operations: [...ORDER, ...REST],
    values: [
      '0:1.0-1',
      '1:1.0-1',
      '0:1.0~rc1-1',
      '0:1.0+b1-1',
      '0:1.0-1+deb12u1',
      '0:1.0-01',
      '0:1.0',
      '0:1.0-0',
      '0:1.0.0-1',
      '0:1.0a-1',
      '0:1.0-1~bpo1',
    ],
  },
  {
    datatype: 'ipv4_address',
    operations: ADDRESS,
    values: [
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.0/24',
      '192.0.2.0/255.255.255.0',
      '10.0.0.0/8',
      'x',
      '192.0.2.300',
      '192.000.002.001',
      '192.0.2.7/24',
    ],
    exceptions: [
      { clause: 'ipv4_address: leading zeros are permitted', covers: holds(/000/) },
      { clause: 'ipv4_address: bits beyond the prefix are ignored', covers: holds(/7\/24/) },
    ],
  },
  {
    datatype: 'ipv6_address',
    operations: ADDRESS,
    values: [
      '::1',
      '2001:db8::/32',
      '2001:db8::1',
      '2001:DB8:0::1',
      '2001:db8::/48',
      'x',
      '::ffff:1.2.3.4',
      '::ffff:102:304',
      '::',
    ],
  },
]

for (const { datatype, operations, values, exceptions } of DATATYPES) {
  test(`${datatype} values compare as with the referee`, { skip }, (t) => {
    const cases: Comparison[] = operations.flatMap((operation) =>
      values.flatMap((expected) => values.map((found) => ({ operation, expected, found }))),
    )
    const documents = documentsOf(
      cases.map(({ operation, expected, found }) => ({
        items: [{ entities: [{ datatype, value: found }] }],
        states: [{ entities: [{ datatype, operation, value: expected }] }],
      })),
    )
    const referee = askReferee(documents)
    const ours = askOurselves(documents)
    assertAgreement(
      t,
      cases.map((each, i) => ({ each, referee: referee.tests[testId(i)], ours: ours.tests[testId(i)] })),
      exceptions,
    )
  })
}
