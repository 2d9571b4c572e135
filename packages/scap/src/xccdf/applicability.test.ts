import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readContent } from '../bundle/read-content.ts'
import type { CollectedObject } from '../oval/model/system-characteristics.ts'
import { explainRule } from '../explain/explain-rule.ts'
import type { BenchmarkContent } from './content.ts'
import { evaluateWith } from './evaluate.ts'
import { resolveProfile } from './resolve.ts'

const file = join(import.meta.dirname, '../../../../content/plumbline-linux-baseline/plumbline-linux-baseline-ds.xml')
const baseline = contentOf(readFileSync(file))

function contentOf(data: Uint8Array): BenchmarkContent {
  const [content] = readContent({ name: 'baseline', data }).benchmarks
  assert.ok(content !== undefined)
  return content
}

/** Results of the rules that have a platform when every object is an error for this reason. */
function resultsFor(message: string, content = baseline) {
  const profile = resolveProfile(content.benchmark, content.benchmark.profiles[0]?.id)
  const unread: CollectedObject = { flag: 'error', messages: [message], items: [], collectedAt: '1970-01-01T00:00:00Z' }
  const result = evaluateWith(content, profile, { find: () => unread }, { now: new Date(0) })
  const { rules } = result
  const withPlatform = new Set(profile.rules.filter(({ rule }) => rule.platforms.length > 0).map(({ rule }) => rule.id))
  const some = rules.filter(({ ruleId, result }) => withPlatform.has(ruleId) && result !== 'notselected')
  assert.ok(some.length > 0, 'no rule of the baseline has a platform')
  return some.map((rule) => ({ ...rule, explanation: explainRule(content, result, rule) }))
}

test('a rule whose platform the account may not read is an error that says so', () => {
  const message = 'cannot read /etc/x on web-1: permission denied; grant sudo or use an account that may'
  for (const { ruleId, result, messages } of resultsFor(message)) {
    assert.equal(result, 'error', ruleId)
    assert.ok(messages.includes(message), ruleId)
  }
})

test('a rule whose platform cannot be asked for otherwise does not apply', () => {
  for (const { ruleId, result } of resultsFor('there is no systemd on web-1')) {
    assert.equal(result, 'notapplicable', ruleId)
  }
})

test('a platform may be named by its id alone, also to the explanation', () => {
  const bare = contentOf(Buffer.from(readFileSync(file, 'utf8').replaceAll('platform idref="#', 'platform idref="')))
  const explained = (content: BenchmarkContent): string =>
    JSON.stringify(resultsFor('there is no systemd on web-1', content).map(({ explanation }) => explanation))
  assert.equal(explained(bare), explained(baseline).replaceAll('"name":"#', '"name":"'))
})
