import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { exampleInput, streams } from '../report/testing.ts'
import { describeTest } from './describe-test.ts'
import { explainRule } from './explain-rule.ts'
import { replay, replayTest } from './replay.ts'
import { decidingTests } from './deciding-tests.ts'
import { membersOf } from './set-members.ts'
import type { ObjectTrace, RuleTrace, TestTrace } from './trace.ts'

for (const [stream, profile] of streams) {
  const { content, result } = exampleInput(stream, profile)
  const rules = result.rules.filter((rule) => rule.result !== 'notselected')

  test(`the trace alone gives the verdict of every rule: ${basename(stream)}, ${profile}`, (t) => {
    let checked = 0
    for (const rule of rules) {
      // Through JSON: nothing in it refers back to the evaluation.
      const trace = JSON.parse(JSON.stringify(explainRule(content, result, rule))) as RuleTrace
      assert.equal(
        replay(withoutResults(trace)),
        trace.check === undefined && trace.applicability === undefined ? 'unknown' : rule.result,
        rule.ruleId,
      )
      if (trace.check !== undefined) checked += 1
    }
    assert.ok(checked > 20, `${checked} rules have a check`)
    t.diagnostic(`${checked} of ${rules.length} rules have a check`)
  })

  test(`what was expected is what the verdict rests on: ${basename(stream)}, ${profile}`, () => {
    let [turned, judged] = [0, 0]
    for (const rule of rules) {
      const trace = explainRule(content, result, rule)
      const tests = trace.applicability === undefined ? decidingTests(trace) : []
      if (!tests.some(({ items }) => items.some(({ states }) => states.length > 0))) continue
      judged += 1
      const opposite = JSON.parse(JSON.stringify(trace)) as RuleTrace
      for (const { states } of opposite.documents.flatMap(({ tests: all }) =>
        Object.values(all).flatMap(({ items }) => items),
      )) {
        for (const entity of states.flatMap(({ entities }) => entities)) {
          Object.assign(entity, { operation: 'equals', expected: ['what nobody has'] })
        }
      }
      if (replay(opposite) !== rule.result) turned += 1
    }
    assert.ok(judged > 0 && turned > judged / 2, `${turned} of ${judged}`)
  })

  test(`what does not apply says which test kept it from that: ${basename(stream)}, ${profile}`, (t) => {
    const traces = rules
      .filter(({ result: outcome, decided }) => outcome === 'notapplicable' && decided.length === 0)
      .map((rule) => explainRule(content, result, rule))
    for (const trace of traces) {
      assert.ok(decidingTests(trace).length > 0, trace.ruleId)
      assert.match(trace.sentence, /^Does not apply because the asset is not .+: .+\.$/)
    }
    t.diagnostic(`${traces.length} rules do not apply`)
  })

  test(`sets are told with their members: ${basename(stream)}, ${profile}`, () => {
    const objects = rules
      .flatMap((rule) => explainRule(content, result, rule).documents)
      .flatMap(({ tests }) => Object.values(tests).flatMap(({ object }) => object ?? []))
    for (const object of objects.filter(({ set }) => set !== undefined)) {
      assert.ok(membersOf(object).length > 0, object.id)
      assert.ok(
        membersOf(object).every(({ asked }) => asked.length > 0),
        object.id,
      )
    }
  })

  test(`a change of what was found changes what the trace says: ${basename(stream)}, ${profile}`, () => {
    let turned = 0
    for (const rule of rules) {
      const trace = explainRule(content, result, rule)
      if (rule.result !== 'pass' && rule.result !== 'fail') continue
      const without: RuleTrace = {
        ...trace,
        documents: trace.documents.map((document) => ({
          ...document,
          tests: Object.fromEntries(
            Object.entries(document.tests).map(([id, one]) => [
              id,
              one.object === undefined ? one : { ...one, object: { ...one.object, flag: 'error' as const } },
            ]),
          ),
        })),
      }
      if (replay(without) !== rule.result) turned += 1
    }
    assert.ok(turned > 10, `${turned} verdicts rest on what was found`)
  })

  test(`every rule has its sentence, in one line: ${basename(stream)}, ${profile}`, () => {
    for (const rule of rules) {
      const { sentence } = explainRule(content, result, rule)
      assert.match(
        sentence,
        /^(Passed|Failed|Does not apply|Not checked|Not known|Could not be told|For information) because .+\.$/,
        rule.ruleId,
      )
      assert.ok(!/undefined|\[object/.test(sentence), sentence)
      assert.ok(sentence.length < 1500, sentence)
    }
  })
}

/** All that follows from something further down taken out: what is left is found, counted or decided by nothing else. */
function withoutResults(trace: RuleTrace): RuleTrace {
  const isGiven = (part: Readonly<Record<string, unknown>>): boolean =>
    part['isPartial'] === true ||
    part['kind'] === 'unchecked' ||
    (part['kind'] === 'script' && part['exitStatus'] === undefined)
  const strip = (value: unknown, isOmitted: boolean): unknown => {
    if (Array.isArray(value)) return value.map((one) => strip(one, isOmitted))
    if (typeof value !== 'object' || value === null) return value
    const part = value as Record<string, unknown>
    if (isGiven(part)) return part
    const kept = Object.entries(part).filter(([name]) => isOmitted || !derived.has(name))
    return Object.fromEntries(kept.map(([name, inner]) => [name, strip(inner, isOmitted || name === 'omitted')]))
  }
  return { ...(strip(trace, false) as RuleTrace), result: 'unknown' }
}

const derived: ReadonlySet<string> = new Set(['counts', 'holds', 'judged', 'outcome', 'result'])

const sshd: TestTrace = {
  testType: 'independent/textfilecontent54',
  comment: 'no root login',
  result: 'false',
  check: 'all',
  checkExistence: 'all_exist',
  stateOperator: 'AND',
  hasStates: true,
  object: {
    id: 'oval:x:obj:1',
    flag: 'complete',
    messages: [],
    counts: { exists: 1, 'does not exist': 0, error: 0, 'not collected': 0 },
    asked: [
      { name: 'filepath', operation: 'equals', values: ['/etc/ssh/sshd_config'] },
      { name: 'pattern', operation: 'pattern match', values: ['^PermitRootLogin (.+)$'] },
    ],
    filters: [],
  },
  items: [
    {
      status: 'exists',
      result: 'false',
      line: 12,
      messages: [],
      entities: [
        { name: 'filepath', value: '/etc/ssh/sshd_config', status: 'exists' },
        { name: 'text', value: 'PermitRootLogin yes', status: 'exists' },
        { name: 'subexpression', value: 'yes', status: 'exists' },
      ],
      states: [
        {
          id: 'oval:x:ste:1',
          operator: 'AND',
          result: 'false',
          entities: [
            {
              name: 'subexpression',
              datatype: 'string',
              operation: 'equals',
              expected: ['no'],
              found: ['yes'],
              entityCheck: 'all',
              checkExistence: 'at_least_one_exists',
              result: 'false',
            },
          ],
        },
      ],
    },
  ],
  judged: { false: 1 },
  variables: [],
  messages: [],
}

test('a line of a file is told with its number, what it sets and what was expected', () => {
  assert.equal(describeTest(sshd), 'line 12 of /etc/ssh/sshd_config sets PermitRootLogin to yes; expected no')
})

test('a value that is to be compared with that of a variable which has none says so', () => {
  const [item] = sshd.items
  const entity = { ...item!.states[0]!.entities[0]!, expected: [], result: 'error' as const, variable: 'oval:x:var:1' }
  const states = [{ ...item!.states[0]!, result: 'error' as const, entities: [{ ...entity, isUnset: true as const }] }]
  assert.equal(
    describeTest({ ...sshd, result: 'error', items: [{ ...item!, result: 'error', states }], judged: { error: 1 } }),
    'line 12 of /etc/ssh/sshd_config sets PermitRootLogin to yes; expected the value of oval:x:var:1, which has none',
  )
})

test('what is missing, installed or unreadable is told as such', () => {
  const { object, ...rest } = sshd
  const none = { ...object!, flag: 'does not exist' as const, counts: { ...object!.counts, exists: 0 } }
  assert.equal(
    describeTest({ ...rest, object: none, items: [], judged: {} }),
    'no line of /etc/ssh/sshd_config matches ^PermitRootLogin (.+)$',
  )
  assert.equal(
    describeTest({
      ...rest,
      object: { ...none, flag: 'error', messages: ['permission denied'] },
      items: [],
      judged: {},
    }),
    '/etc/ssh/sshd_config could not be read: permission denied',
  )
  const asked = [{ name: 'name', operation: 'equals' as const, values: ['telnetd'] }]
  assert.equal(
    describeTest({ ...rest, testType: 'linux/dpkginfo', object: { ...none, asked }, items: [], judged: {} }),
    'package telnetd is not installed',
  )
})

test('what a filter would have left out is what was expected', () => {
  const file: TestTrace = {
    ...sshd,
    testType: 'unix/file',
    checkExistence: 'none_exist',
    hasStates: false,
    object: {
      ...sshd.object!,
      asked: [{ name: 'filepath', operation: 'equals', values: ['/etc/shadow'] }],
      filters: [{ action: 'exclude', entities: [{ name: 'group_id', operation: 'equals', values: ['42'] }] }],
    },
    items: [
      {
        status: 'exists',
        result: 'not evaluated',
        messages: [],
        states: [],
        entities: [
          { name: 'filepath', value: '/etc/shadow', status: 'exists' },
          { name: 'group_id', value: '0', status: 'exists' },
        ],
      },
    ],
    judged: {},
  }
  assert.equal(describeTest(file), 'file /etc/shadow has group id 0; expected 42')
  const none = { exists: 0, 'does not exist': 0, error: 0, 'not collected': 0 }
  const right: TestTrace = {
    ...file,
    result: 'true',
    object: { ...file.object!, flag: 'does not exist', counts: none },
    items: [],
  }
  assert.equal(describeTest(right), 'there is no file /etc/shadow, leaving out those with group id 42')
})

test('of a set it is told which of its members is missing or could not be read', () => {
  const none = { exists: 0, 'does not exist': 0, error: 0, 'not collected': 0 }
  const member = (filepath: string, more: Partial<ObjectTrace> = {}) =>
    ({
      kind: 'object',
      object: {
        ...sshd.object!,
        flag: 'does not exist',
        counts: none,
        asked: [
          { name: 'filepath', operation: 'equals', values: [filepath] },
          { name: 'pattern', operation: 'pattern match', values: ['^x'] },
        ],
        ...more,
      },
    }) as const
  const set = { operator: 'UNION', filters: [], members: [member('/etc/a'), member('/etc/b')] } as const
  const asked = { ...sshd.object!, flag: 'does not exist' as const, counts: none, asked: [], set }
  const missing: TestTrace = { ...sshd, object: asked, items: [], judged: {} }
  assert.equal(describeTest(missing), 'no line of /etc/a matches ^x and no line of /etc/b matches ^x')
  const unread = { ...set, members: [member('/etc/a'), member('/etc/b', { flag: 'error' })] }
  const error = { ...asked, flag: 'error' as const, set: unread, messages: ['permission denied'] }
  assert.equal(describeTest({ ...missing, object: error }), '/etc/b could not be read: permission denied')
})

test('items beyond those that are told count as they did', () => {
  const one = { exists: 1, 'does not exist': 0, error: 0, 'not collected': 0 }
  assert.equal(replayTest(sshd), 'false')
  assert.equal(replayTest({ ...sshd, check: 'at least one', omitted: { counts: one, judged: { true: 1 } } }), 'true')
  assert.equal(
    replayTest({ ...sshd, checkExistence: 'only_one_exists', omitted: { counts: one, judged: {} } }),
    'false',
  )
})
