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

function definitions(folder: string): string {
  const id = (kind: string, i: number): string => `oval:set:${kind}:${i + 1}`
  const setAt = (i: number): number => OBJECTS.length + i
  const object = (i: number, inside: string): string =>
    `<ind:textfilecontent54_object id="${id('obj', i)}" version="1">${inside}</ind:textfilecontent54_object>`
  const parts = [
    SETS.map(
      (_, i) =>
        `<definition id="${id('def', i)}" version="1" class="miscellaneous"><metadata><title>t</title><description>d</description></metadata><criteria><criterion test_ref="${id('tst', i)}"/></criteria></definition>`,
    ),
    SETS.map(
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
    ],
  ].map((each) => each.join(''))
  return `<oval_definitions xmlns="${namespace}" xmlns:ind="${namespace}#independent" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5"><generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator><definitions>${parts[0]}</definitions><tests>${parts[1]}</tests><objects>${parts[2]}</objects></oval_definitions>`.replaceAll(
    '><',
    '>\n<',
  )
}

test('sets have the flags and as many items as the referee’s', { skip: refereeSkip() }, () => {
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
          const set = SETS[Number(attribute(each, 'id')?.split(':').at(-1)) - 1 - OBJECTS.length]
          const what = set === undefined ? attribute(each, 'id') : `${set.operator} of ${set.first} and ${set.second}`
          return `${what}: ${attribute(each, 'flag')}, ${childrenNamed(each, 'reference').length}`
        })
        .toSorted()
    }
    const referee = collected('referee', ['oscap'])
    assert.equal(referee.length, OBJECTS.length + SETS.length)
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
