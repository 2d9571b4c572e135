import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Asked } from './asked.ts'
import { compareVerdicts, type Comparison } from './comparison.ts'

const asked = (testTypes: readonly string[] = [], more: Partial<Asked> = {}): Asked => ({
  testTypes: new Set(testTypes),
  asksForMounts: false,
  isScript: false,
  ...more,
})

/** One rule on which the two differ: whether that is told as one to be mended. */
function isTold(place: string, ours: string, referee: string, more: Partial<Comparison>): boolean {
  const { differences } = compareVerdicts({
    place,
    ours: new Map([['x_rule_a', ours]]),
    theirs: new Map([['x_rule_a', referee]]),
    askedBy: () => asked(['independent/textfilecontent54']),
    wasDenied: () => false,
    ...more,
  })
  assert.equal(differences.length, 1)
  return differences[0]?.clause === undefined
}

test('rules are those that either scanner selected, and equal are those of which both say the same', () => {
  const compared = compareVerdicts({
    place: 'host',
    ours: new Map([
      ['x_rule_same', 'pass'],
      ['x_rule_other', 'fail'],
      ['x_rule_ours', 'pass'],
      ['x_rule_none', 'notselected'],
    ]),
    theirs: new Map([
      ['x_rule_same', 'pass'],
      ['x_rule_other', 'pass'],
      ['x_rule_ours', 'notselected'],
      ['x_rule_theirs', 'pass'],
      ['x_rule_none', 'notselected'],
    ]),
    askedBy: () => asked(),
    wasDenied: () => false,
  })
  assert.deepEqual(compared, {
    rules: 4,
    equal: 1,
    differences: [
      { line: 'other: fail, oscap pass', clause: undefined },
      { line: 'ours: pass, oscap notselected', clause: undefined },
      { line: 'theirs: notselected, oscap pass', clause: undefined },
    ],
  })
})

const outside: readonly (readonly [what: string, ours: string, referee: string, asked: Asked, isTold: boolean])[] = [
  ['a file that we did not read', 'unknown', 'pass', asked(['independent/textfilecontent54']), true],
  ['a walk that no mount bounds', 'unknown', 'fail', asked(['unix/file']), true],
  ['a walk that mounts bound', 'unknown', 'fail', asked(['unix/file'], { asksForMounts: true }), false],
  ['a package that does not apply', 'unknown', 'notapplicable', asked(['linux/dpkginfo']), true],
  ['units, which neither can tell', 'unknown', 'fail', asked(['linux/systemdunitproperty']), true],
  ['a mount', 'unknown', 'fail', asked(['linux/partition', 'unix/file']), false],
  ['a mount of which we say the opposite', 'pass', 'fail', asked(['linux/partition']), true],
  ['a mount that we take for an error', 'error', 'fail', asked(['linux/partition']), true],
  ['a mount that does not apply to the referee', 'unknown', 'notapplicable', asked(['linux/partition']), true],
  ['sockets', 'unknown', 'notapplicable', asked(['linux/inetlisteningservers']), false],
  ['a script', 'notchecked', 'fail', asked([], { isScript: true }), false],
  ['a definition that was not looked at', 'notchecked', 'fail', asked(['unix/file']), true],
]
for (const [what, ours, referee, askedOfRule, expected] of outside) {
  test(`at a root from outside, ${what}: ${ours} against ${referee} is ${expected ? 'told' : 'documented'}`, () => {
    assert.equal(isTold('offline bookworm', ours, referee, { askedBy: () => askedOfRule }), expected)
    assert.equal(isTold('chroot bookworm', ours, referee, { askedBy: () => askedOfRule }), true)
  })
}

test('an error of an account is told unless it was denied something', () => {
  assert.equal(isTold('chroot bookworm as nobody', 'error', 'pass', {}), true)
  assert.equal(isTold('chroot bookworm as nobody', 'error', 'pass', { wasDenied: () => true }), false)
  for (const referee of ['notapplicable', 'unknown'])
    assert.equal(isTold('chroot bookworm as nobody', 'error', referee, { wasDenied: () => true }), false)
  assert.equal(isTold('chroot bookworm as nobody', 'fail', 'pass', { wasDenied: () => true }), true)
  assert.equal(isTold('chroot bookworm', 'error', 'pass', { wasDenied: () => true }), true)
})

test('what changed before the referee looked is told apart from a verdict that stays another', () => {
  const verdicts = (...results: readonly string[]) => new Map(results.map((result, at) => [`x_rule_${at}`, result]))
  const { differences } = compareVerdicts({
    place: 'host',
    ours: verdicts('fail', 'fail', 'fail'),
    theirs: verdicts('pass', 'pass', 'pass'),
    again: verdicts('pass', 'fail', 'error'),
    askedBy: () => asked(),
    wasDenied: () => false,
  })
  assert.deepEqual(
    differences.map(({ line, clause }) => [line, clause !== undefined]),
    [
      ['0: fail, then pass, oscap pass', true],
      ['1: fail, oscap pass', false],
      ['2: fail, oscap pass', false],
    ],
  )
})
