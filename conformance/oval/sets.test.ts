import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { attribute, childrenNamed, descendants, readXml } from '@plumbline/scap'
import { refereeSkip } from './referee.ts'

const ourProgram = join(import.meta.dirname, '../../packages/cli/src/oscap/main.ts')
const namespace = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'

/** Objects of each kind that can be had at will: one item, two, none, and an error. */
const OBJECTS = [
  ['^one$', '^.+$'],
  ['^(one|two)$', '^.+$'],
  ['^none$', '^.+$'],
  ['^one$', '('],
] as const
const SETS = ['UNION', 'INTERSECTION', 'COMPLEMENT'].flatMap((operator) =>
  OBJECTS.flatMap((_, first) => OBJECTS.map((__, second) => ({ operator, first, second }))),
)

/** What is no number, or no pattern, cannot be judged: the item stays, whatever the filter does. */
const STATES = [' datatype="int">5', ' operation="pattern match">(', '>one', '>other'] as const
const FILTERS = STATES.flatMap((_, state) => ['include', 'exclude'].map((action) => ({ action, state })))

function definitions(folder: string): string {
  const id = (kind: string, i: number): string => `oval:set:${kind}:${i + 1}`
  const setAt = (i: number): number => OBJECTS.length + i
  const object = (i: number, inside: string): string =>
    `<ind:textfilecontent54_object id="${id('obj', i)}" version="1">${inside}</ind:textfilecontent54_object>`
  const parts = [
    [...SETS, ...FILTERS].map(
      (_, i) =>
        `<definition id="${id('def', i)}" version="1" class="miscellaneous"><metadata><title>t</title><description>d</description></metadata><criteria><criterion test_ref="${id('tst', i)}"/></criteria></definition>`,
    ),
    [...SETS, ...FILTERS].map(
      (_, i) =>
        `<ind:textfilecontent54_test id="${id('tst', i)}" version="1" check="all" comment="t"><ind:object object_ref="${id('obj', setAt(i))}"/></ind:textfilecontent54_test>`,
    ),
    [
      ...OBJECTS.map(([name, pattern], i) =>
        object(
          i,
          `<ind:path>${folder}</ind:path><ind:filename operation="pattern match">${name}</ind:filename><ind:pattern operation="pattern match">${pattern}</ind:pattern><ind:instance datatype="int">1</ind:instance>`,
        ),
      ),
      ...SETS.map(({ operator, first, second }, i) =>
        object(
          setAt(i),
          `<set set_operator="${operator}"><object_reference>${id('obj', first)}</object_reference><object_reference>${id('obj', second)}</object_reference></set>`,
        ),
      ),
      ...FILTERS.map(({ action, state }, i) =>
        object(
          setAt(SETS.length + i),
          `<ind:path>${folder}</ind:path><ind:filename>one</ind:filename><ind:pattern operation="pattern match">.+</ind:pattern><ind:instance datatype="int">1</ind:instance><filter action="${action}">${id('ste', state)}</filter>`,
        ),
      ),
    ],
    STATES.map(
      (text, i) =>
        `<ind:textfilecontent54_state id="${id('ste', i)}" version="1"><ind:text${text}</ind:text></ind:textfilecontent54_state>`,
    ),
  ].map((each) => each.join(''))
  return `<oval_definitions xmlns="${namespace}" xmlns:ind="${namespace}#independent" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5"><generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator><definitions>${parts[0]}</definitions><tests>${parts[1]}</tests><objects>${parts[2]}</objects><states>${parts[3]}</states></oval_definitions>`.replaceAll(
    '><',
    '>\n<',
  )
}

test('sets and filtered objects have the flags and as many items as the referee’s', { skip: refereeSkip() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-sets-'))
  try {
    for (const name of ['one', 'two']) writeFileSync(join(folder, name), `${name}\n`)
    const input = join(folder, 'sets.xml')
    writeFileSync(input, definitions(folder))
    const collected = (name: string, program: readonly string[]): string[] => {
      const output = join(folder, `${name}.xml`)
      const words = [...program, 'oval', 'collect', '--skip-valid', '--syschar', output, input]
      const { status, stderr } = spawnSync(words[0]!, words.slice(1), { encoding: 'utf8' })
      assert.equal(status, 0, stderr)
      return [...descendants(readXml(readFileSync(output), output))]
        .filter((each) => each.name === 'object' && attribute(each, 'flag') !== undefined)
        .map((each) => {
          const at = Number(attribute(each, 'id')?.split(':').at(-1)) - 1 - OBJECTS.length
          const [set, filter] = [SETS[at], FILTERS[at - SETS.length]]
          const of = filter === undefined ? attribute(each, 'id') : `${filter.action} ${STATES[filter.state]}`
          const what = set === undefined ? of : `${set.operator} of ${set.first} and ${set.second}`
          return `${what}: ${attribute(each, 'flag')}, ${childrenNamed(each, 'reference').length}`
        })
        .toSorted()
    }
    const referee = collected('referee', ['oscap'])
    assert.equal(referee.length, OBJECTS.length + SETS.length + FILTERS.length)
    for (const flag of ['complete', 'does not exist', 'error']) assert.ok(referee.some((line) => line.includes(flag)))
    // SetOperatorEnumeration, INTERSECTION: with what does not exist there is nothing in common, whichever comes first; the
    // referee has that for one order of the two alone.
    const expected = referee.map((line) =>
      line === 'INTERSECTION of 3 and 2: error, 0' ? 'INTERSECTION of 3 and 2: does not exist, 0' : line,
    )
    assert.notDeepEqual(expected, referee)
    assert.deepEqual(collected('ours', [process.execPath, ourProgram]), expected)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
