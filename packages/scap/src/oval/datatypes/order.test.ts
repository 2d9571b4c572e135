import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Datatype } from '../model/enumerations.ts'
import { compileComparison } from './compile.ts'

/** Of these the referee says `not evaluated`; the order is the standard’s, or Cisco’s, from low to high. */
const ORDERED: Partial<Record<Datatype, readonly string[]>> = {
  ios_version: [
    '11.3',
    '12.3(7a)',
    '12.4',
    '12.4(6)',
    '12.4(15)T9',
    '12.4(15)T14',
    '12.4(15)XZ',
    '15.0(1)M',
    '15.0(1)M10',
  ],
  fileset_revision: [
    '1.0',
    '1.1a',
    '1.9',
    '1.10',
    '1.10a',
    '1a',
    '9',
    'A.03.60',
    'A.03.60a',
    'A.03.61.00',
    'A.03.61.01',
    'B.01',
  ],
}
for (const [datatype, values] of Object.entries(ORDERED) as [Datatype, readonly string[]][]) {
  test(`${datatype} values have the order of their makers`, () => {
    for (const [i, found] of values.entries())
      for (const [j, expected] of values.entries())
        for (const [operation, holds] of [
          ['equals', i === j],
          ['not equal', i !== j],
          ['greater than', i > j],
          ['less than or equal', i <= j],
        ] as const)
          assert.equal(
            compileComparison(datatype, operation, expected)(found),
            String(holds),
            `${found} ${operation} ${expected}`,
          )
    assert.equal(compileComparison(datatype, 'subset of', values[0]!)(values[0]!), 'error')
    assert.equal(compileComparison(datatype, 'equals', '')(values[0]!), 'error')
  })
}
