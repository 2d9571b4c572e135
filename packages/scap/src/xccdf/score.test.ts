import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Benchmark, Group, Rule, RuleOutcome } from './model/benchmark.ts'
import { combineOutcomes, negateOutcome, outcomeOfDefinition } from './outcomes.ts'
import { defaultScore, scoreRules } from './score.ts'

const selectable = { title: [], description: [], selected: true, platforms: [], requires: [], conflicts: [] }
const rule = (id: string, weight = 1): Rule => ({
  ...selectable,
  kind: 'rule',
  id,
  weight,
  severity: 'low',
  role: 'full',
  rationale: [],
  fixText: [],
  idents: [],
  references: [],
  checks: [],
})
const group = (id: string, weight: number, children: (Group | Rule)[]): Group => ({
  ...selectable,
  kind: 'group',
  id,
  weight,
  children,
})
const benchmark = (items: (Group | Rule)[]): Benchmark => ({
  id: 'b',
  version: '',
  title: [],
  description: [],
  publisher: '',
  platforms: [],
  models: [],
  items,
  values: {},
  profiles: [],
})
const scores = (items: (Group | Rule)[], results: Record<string, readonly [RuleOutcome, number]>): number[][] =>
  scoreRules(
    benchmark(items),
    Object.entries(results).map(([ruleId, [result, weight]]) => ({ ruleId, result, weight })),
  ).map(({ score, maximum }) => [score, maximum])

test('the four models, by weights and groups (XCCDF 1.2, 7.3.3)', () => {
  const items = [group('g', 2, [rule('a', 3), rule('b')]), rule('c')]
  // Default: group (3×100 + 1×0)/4 = 75 with weight 2, rule c 0 with weight 1: (2×75 + 0)/3 = 50.
  assert.deepEqual(scores(items, { a: ['pass', 3], b: ['fail', 1], c: ['error', 1] }), [
    [50, 100],
    [3, 5],
    [1, 3],
    [0, 1],
  ])
})

test('an unscored rule does not count, whatever it came to', () => {
  const results = [
    { ruleId: 'a', result: 'unknown', weight: 1, role: 'unscored' },
    { ruleId: 'c', result: 'pass', weight: 1, role: 'full' },
  ] as const
  assert.deepEqual(
    scoreRules(benchmark([rule('a'), rule('c')]), results).map(({ score, maximum }) => [score, maximum]),
    [
      [100, 100],
      [1, 1],
      [1, 1],
      [1, 1],
    ],
  )
})

test('a group weighs what the profile says', () => {
  const items = [group('g', 2, [rule('a')]), rule('c')]
  const results = [
    { ruleId: 'a', result: 'pass', weight: 1 },
    { ruleId: 'c', result: 'fail', weight: 1 },
  ] as const
  assert.equal(scoreRules(benchmark(items), results, { g: 3 })[0]?.score, 75)
})

test('what tells nothing of compliance is left out, a group of only such rules too', () => {
  const items = [group('g', 9, [rule('a'), rule('b')]), rule('c')]
  assert.deepEqual(scores(items, { a: ['notapplicable', 1], b: ['notchecked', 1], c: ['fixed', 1] }), [
    [100, 100],
    [1, 1],
    [1, 1],
    [1, 1],
  ])
})

test('there is a score where a rule counts, and none where none does', () => {
  const scoreOf = (result: RuleOutcome): number | undefined =>
    defaultScore(scoreRules(benchmark([rule('a')]), [{ ruleId: 'a', result, weight: 1 }]))
  assert.deepEqual(
    [scoreOf('pass'), scoreOf('fail'), scoreOf('unknown'), scoreOf('notapplicable')],
    [100, 0, 0, undefined],
  )
  // Of results that somebody else wrote, who says less of them.
  assert.equal(defaultScore([{ system: 'urn:xccdf:scoring:default', score: 0, maximum: 100 }]), 0)
  assert.equal(defaultScore([]), undefined)
})

test('a rule with a result for each of many definitions weighs once in the tree, and each result counts where they are listed', () => {
  const results = ['pass', 'pass', 'pass', 'fail'].map((result) => ({
    ruleId: 'patches',
    result: result as RuleOutcome,
    weight: 1,
  }))
  assert.deepEqual(
    scoreRules(benchmark([rule('patches'), rule('c')]), [...results, { ruleId: 'c', result: 'fail', weight: 1 }]).map(
      ({ score, maximum }) => [score, maximum],
    ),
    [
      [37.5, 100],
      [3, 5],
      [3, 5],
      [0, 1],
    ],
  )
})

test('a definition of a fault fails when it is true', () => {
  const rows = [
    ['true', 'compliance', 'pass'],
    ['false', 'compliance', 'fail'],
    ['true', 'inventory', 'pass'],
    ['true', 'vulnerability', 'fail'],
    ['false', 'patch', 'pass'],
    ['error', 'patch', 'error'],
    ['unknown', 'compliance', 'unknown'],
    ['not applicable', 'compliance', 'notapplicable'],
    ['not evaluated', 'compliance', 'notchecked'],
  ] as const
  for (const [result, kind, expected] of rows) assert.equal(outcomeOfDefinition(result, kind), expected)
})

test('complex checks combine by their tables, in any order', () => {
  const rows: readonly (readonly [RuleOutcome, RuleOutcome, RuleOutcome, RuleOutcome])[] = [
    ['pass', 'pass', 'pass', 'pass'],
    ['pass', 'fail', 'fail', 'pass'],
    ['pass', 'unknown', 'unknown', 'pass'],
    ['pass', 'error', 'error', 'pass'],
    ['pass', 'notapplicable', 'pass', 'pass'],
    ['fail', 'unknown', 'fail', 'unknown'],
    ['fail', 'error', 'fail', 'error'],
    ['fail', 'notapplicable', 'fail', 'fail'],
    ['unknown', 'error', 'unknown', 'unknown'],
    ['unknown', 'notapplicable', 'unknown', 'unknown'],
    ['error', 'notapplicable', 'error', 'error'],
    ['notapplicable', 'notapplicable', 'notapplicable', 'notapplicable'],
    ['notapplicable', 'notchecked', 'notapplicable', 'notapplicable'],
    ['notchecked', 'notselected', 'notchecked', 'notchecked'],
    ['notselected', 'informational', 'notselected', 'notselected'],
  ]
  for (const [one, other, and, or] of rows) {
    for (const pair of [
      [one, other],
      [other, one],
    ] as const) {
      assert.deepEqual([...pair, combineOutcomes('AND', pair), combineOutcomes('OR', pair)], [...pair, and, or])
    }
  }
  assert.deepEqual(
    ['pass', 'fail', 'error'].map((outcome) => negateOutcome(outcome as RuleOutcome)),
    ['fail', 'pass', 'error'],
  )
})
