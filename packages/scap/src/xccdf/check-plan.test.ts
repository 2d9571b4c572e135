import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readContent } from '../bundle/read-content.ts'
import { createEvaluation } from '../oval/evaluate/evaluation.ts'
import { reachableObjects } from '../oval/dependencies.ts'
import type { CollectedObject } from '../oval/model/system-characteristics.ts'
import { planCollection } from './check-plan.ts'
import { evaluateWith } from './evaluate.ts'
import { resolveProfile } from './resolve.ts'

const file = join(import.meta.dirname, '../../../../content/plumbline-linux-baseline/plumbline-linux-baseline-ds.xml')
const [content] = readContent({ name: 'baseline', data: readFileSync(file) }).benchmarks
assert.ok(content !== undefined)
const profile = resolveProfile(content.benchmark, content.benchmark.profiles[0]?.id)
const now = new Date(0)

test('without facts nothing is dropped from the plan: what cannot be told is needed', () => {
  for (const { narrow, definitionIds } of planCollection(content, profile)) {
    if (narrow === undefined) continue
    assert.deepEqual(narrow({ find: () => undefined }, now).toSorted(), definitionIds.toSorted())
  }
})

test('what tells which rules apply comes first, and rules that do not apply ask for nothing', () => {
  const plan = planCollection(content, profile)
  const platforms = plan.filter(({ narrow }) => narrow === undefined)
  assert.ok(platforms.length > 0)
  // Nothing of what the platforms ask for is there.
  const absent: CollectedObject = { flag: 'does not exist', messages: [], items: [], collectedAt: now.toISOString() }
  const found = new Map<string, CollectedObject>()
  for (const request of platforms) {
    const evaluation = createEvaluation({ ...request, source: { find: () => absent }, now })
    for (const id of reachableObjects(request.content, request.definitionIds)) {
      found.set(evaluation.resolveObject(id).digest, absent)
    }
  }
  const source = { find: (digest: string) => found.get(digest) }
  const needed = plan.flatMap(({ narrow }) => narrow?.(source, now) ?? [])
  const all = plan.flatMap(({ narrow, definitionIds }) => (narrow === undefined ? [] : definitionIds))
  assert.ok(needed.length < all.length, 'no rule of the baseline depends on a platform')
  const { rules } = evaluateWith(content, profile, source, { now })
  assert.ok(rules.some(({ result }) => result === 'notapplicable'))
})
