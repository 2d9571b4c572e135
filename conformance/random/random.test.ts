import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { refereeSkip } from '../oval/referee.ts'
import { compareRandomOval } from './oval.ts'
import { compareRandomXccdf } from './xccdf.ts'

const skip = refereeSkip()

/** Others: `npm run conformance:random`. */
const seed = 10

for (const [name, compare, size] of [
  ['definitions', compareRandomOval, 40],
  ['benchmarks', compareRandomXccdf, 30],
] as const) {
  test(`random ${name} come to what the referee says`, { skip }, async (t) => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'plumbline-random-')))
    try {
      mkdirSync(join(folder, 'tree'))
      const { compared, differences, show } = await compare(seed, folder, size)
      assert.deepEqual(
        differences.map((each) => ({ ...each, content: show(each.id) })),
        [],
        `seed ${seed}`,
      )
      assert.ok(compared > 100)
      t.diagnostic(`seed ${seed}: ${compared} compared, none differs`)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}
