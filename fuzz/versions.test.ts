import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchEntity, type Datatype, type Operation } from '@plumbline/scap'
import fc from 'fast-check'

/** How two values compare, by the operations that content can ask for. */
function compare(datatype: Datatype, found: string, wanted: string): string {
  const holds = (operation: Operation): boolean => {
    const result = matchEntity(
      {
        name: 'version',
        datatype,
        operation,
        values: [wanted],
        varCheck: 'all',
        entityCheck: 'all',
        checkExistence: 'at_least_one_exists',
        nil: false,
        mask: false,
      },
      found,
    )
    assert.ok(result === 'true' || result === 'false', `${found} ${operation} ${wanted}: ${result}`)
    return result === 'true'
  }
  const [less, equal, greater] = [holds('less than'), holds('equals'), holds('greater than')]
  assert.equal(Number(less) + Number(equal) + Number(greater), 1, `${found} and ${wanted} compare in one way`)
  assert.equal(holds('less than or equal'), less || equal)
  assert.equal(holds('greater than or equal'), greater || equal)
  assert.equal(holds('not equal'), !equal)
  return less ? 'less' : greater ? 'greater' : 'equal'
}

const number = fc.nat({ max: 30 }).map(String)
const part = fc.stringMatching(/^[a-z0-9]{1,4}$/)
/** Before the end, and after it. */
const rpmPart = fc.stringMatching(/^[a-c0-2~^]{1,4}$/)
const dottedRpm = fc
  .array(fc.oneof(number, part, rpmPart), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('.'))
const dotted = fc.array(fc.oneof(number, part), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'))
const debian = fc
  .tuple(fc.nat({ max: 2 }), number, fc.stringMatching(/^[a-z0-9.+~]{0,6}$/), fc.stringMatching(/^[a-z0-9+~]{1,3}$/))
  .map(([epoch, first, rest, revision]) => `${epoch}:${first}${rest}-${revision}`)

/** Values of each datatype that has an order; networks have one only where their sizes are equal. */
const ordered: Readonly<Partial<Record<Datatype, fc.Arbitrary<string>>>> = {
  evr_string: fc
    .tuple(fc.nat({ max: 2 }), dottedRpm, dottedRpm)
    .map(([epoch, version, release]) => `${epoch}:${version}-${release}`),
  debian_evr_string: debian,
  version: fc
    .tuple(fc.array(number, { minLength: 1, maxLength: 4 }), fc.constantFrom('.', '-', '_'))
    .map(([parts, separator]) => parts.join(separator)),
  fileset_revision: dotted,
  int: fc.oneof(fc.bigInt({ min: -5n, max: 5n }), fc.bigInt()).map(String),
  ipv4_address: fc.ipV4().map((address) => `${address}/20`),
  ipv6_address: fc.ipV6().map((address) => `${address}/50`),
  ios_version: fc
    .tuple(number, number, number, fc.constantFrom('', 'T', 'S'), fc.constantFrom('', '1', '2', '12'))
    .map(
      ([major, minor, release, train, rebuild]) =>
        `${major}.${minor}(${release})${train}${train === '' ? '' : rebuild}`,
    ),
}

for (const [name, values] of Object.entries(ordered)) {
  const datatype = name as Datatype
  test(`any two values of ${datatype} compare in one way, whichever comes first`, () => {
    const opposite: Readonly<Record<string, string>> = { less: 'greater', equal: 'equal', greater: 'less' }
    fc.assert(
      fc.property(values, values, (one, other) => {
        assert.equal(compare(datatype, one, one), 'equal')
        assert.equal(compare(datatype, one, other), opposite[compare(datatype, other, one)])
      }),
      { numRuns: 1000 },
    )
  })

  test(`${datatype} has one order: what is less than the lesser is less`, () => {
    fc.assert(
      fc.property(values, values, values, (...three) => {
        const [low, middle, high] = three.toSorted((one, other) => {
          const order = compare(datatype, one, other)
          return order === 'less' ? -1 : order === 'equal' ? 0 : 1
        })
        assert.notEqual(compare(datatype, low!, middle!), 'greater')
        assert.notEqual(compare(datatype, middle!, high!), 'greater')
        assert.notEqual(compare(datatype, low!, high!), 'greater')
      }),
      { numRuns: 1000 },
    )
  })
}
