import { test } from 'node:test'
import type { Datatype, Operation } from '@plumbline/scap'
import { chanceOf, type Chance } from '../random/chance.ts'
import { assertAgreement } from './differences.ts'
import { documentsOf, testId } from './documents.ts'
import { askOurselves, askReferee, refereeSkip } from './referee.ts'

interface Comparison {
  readonly datatype: Datatype
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
const BITS: readonly Operation[] = [...ORDER, 'bitwise and', 'bitwise or']
const NETWORKS: readonly Operation[] = [...ORDER, 'subset of', 'superset of']

const characters = (chance: Chance, alphabet: string, least: number, most: number): string =>
  chance.several(least, most, () => chance.pick(alphabet.split(''))).join('')
const digits = (chance: Chance, most: number): string => characters(chance, '0123456789', 1, most)
const epoch = (chance: Chance): string => (chance.holds(0.3) ? '' : `${chance.below(3)}:`)

/** An address, or a network without bits beyond its prefix: those are overlooked, but not by the referee. */
function network(chance: Chance): string {
  const bytes = [10, chance.below(2), chance.pick([0, 1, 128, 255]), chance.pick([0, 1, 128, 255])]
  if (chance.holds(0.5)) return bytes.join('.')
  const prefix = chance.below(32) + 1
  return `${bytes.map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * at)))).join('.')}/${prefix}`
}

/** Values near each other, of all forms that a datatype has. Those at its edge are in `odd-values.test.ts`. */
const KINDS: readonly {
  readonly datatype: Datatype
  readonly operations: readonly Operation[]
  readonly make: (chance: Chance) => string
}[] = [
  {
    datatype: 'int',
    operations: BITS,
    make: (chance) => chance.pick(['', '', '-', '+']) + digits(chance, chance.pick([1, 2, 18])),
  },
  {
    datatype: 'float',
    operations: ORDER,
    make: (chance) =>
      `${chance.pick(['', '-'])}${digits(chance, 3)}${chance.holds(0.6) ? `.${digits(chance, 9)}` : ''}${chance.holds(0.3) ? `e${chance.pick(['', '-'])}${digits(chance, 2)}` : ''}`,
  },
  {
    datatype: 'version',
    operations: ORDER,
    make: (chance) =>
      chance.several(1, 5, () => digits(chance, chance.pick([1, 2, 9]))).join(chance.pick(['.', '.', '-', '_', ':'])),
  },
  {
    datatype: 'evr_string',
    operations: ORDER,
    make: (chance) =>
      `${epoch(chance)}${characters(chance, '0019ab.~^_+', 1, 6)}${chance.holds(0.8) ? `-${characters(chance, '0019el.~^', 1, 5)}` : ''}`,
  },
  {
    datatype: 'debian_evr_string',
    operations: ORDER,
    make: (chance) =>
      `${epoch(chance)}${digits(chance, 2)}${characters(chance, '0019ab.~+-', 0, 6)}${chance.holds(0.8) ? `-${characters(chance, '0019ub.~+', 1, 5)}` : ''}`,
  },
  {
    datatype: 'ipv4_address',
    operations: NETWORKS,
    make: network,
  },
  {
    datatype: 'ipv6_address',
    operations: NETWORKS,
    make: (chance) =>
      `2001:db8:${chance.pick(['', '0:', 'a:', '0:A:'])}:${chance.pick(['', '1', 'ff', '8000', '0:1'])}${chance.holds(0.5) ? '' : `/${1 + chance.below(128)}`}`,
  },
]

/** Of each datatype; more, and others, with these in the environment. */
const count = Number(process.env['CONFORMANCE_VALUES'] ?? 200)
const seed = Number(process.env['CONFORMANCE_SEED'] ?? 1)

test(
  'random values compare as with the referee, by every operation of their datatype',
  { skip: refereeSkip() },
  (t) => {
    const chance = chanceOf(seed)
    const cases = KINDS.flatMap(({ datatype, operations, make }) =>
      Array.from({ length: count }, (): Comparison => {
        const found = make(chance)
        return {
          datatype,
          operation: chance.pick(operations),
          expected: chance.holds(0.1) ? found : make(chance),
          found,
        }
      }),
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
    )
  },
)
