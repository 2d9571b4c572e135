import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scoreRules, type BenchmarkResult } from '@plumbline/scap'
import { describeResult } from './verdicts.ts'

const result = (outcome: 'fail' | 'notapplicable'): BenchmarkResult => {
  const rules = [{ ruleId: 'a', title: 'Have a lock', result: outcome, severity: 'high', weight: 1 }]
  const items = [{ kind: 'rule', id: 'a', weight: 1 }]
  // What the table does not look at is left out.
  return { title: 'Doors', rules, scores: scoreRules({ items } as never, rules) } as never
}

test('a table of verdicts ends with the score, and tells none where no rule counts', () => {
  assert.match(describeResult(result('fail')), /^Doors: 1 fail; score 0\.0 of 100$/m)
  assert.match(describeResult(result('notapplicable')), /^Doors: 1 notapplicable; no score, for no rule counts$/m)
})
