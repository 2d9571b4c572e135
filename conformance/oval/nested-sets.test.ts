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
const files = ['one', 'two', 'three', 'four']

/** Plain objects: the files whose names match, each an item whose text is its name. */
const OBJECTS = ['^(one|two)$', '^(two|three)$', '^.*e$', '^none$']
/** States that filters ask for: what the text has to match. */
const STATES = ['^t', 'e$', '^none$']

type Operator = 'COMPLEMENT' | 'INTERSECTION' | 'UNION'
type Filter = readonly [action: 'exclude' | 'include', state: number]
/** Of the items of plain objects, filtered; or of other sets. */
type Set =
  | { readonly of: readonly number[]; readonly operator?: Operator; readonly filters?: readonly Filter[] }
  | { readonly sets: readonly Set[]; readonly operator?: Operator }

const union = (...of: number[]): Set => ({ of })
const SETS: readonly Set[] = [
  { of: [0], filters: [['exclude', 0]] },
  { of: [0], filters: [['include', 0]] },
  { of: [0], filters: [['exclude', 2]] },
  { of: [0], filters: [['include', 2]] },
  { of: [3], filters: [['include', 0]] },
  {
    of: [0, 1],
    filters: [
      ['include', 0],
      ['include', 1],
    ],
  },
  {
    of: [0, 1],
    filters: [
      ['exclude', 0],
      ['exclude', 1],
    ],
  },
  {
    of: [0, 1],
    filters: [
      ['include', 0],
      ['exclude', 1],
    ],
  },
  { of: [0, 1], operator: 'INTERSECTION', filters: [['include', 0]] },
  { of: [0, 1], operator: 'INTERSECTION', filters: [['exclude', 0]] },
  { of: [2, 1], operator: 'COMPLEMENT', filters: [['exclude', 0]] },
  { of: [2, 3], operator: 'COMPLEMENT', filters: [['include', 1]] },
  { of: [2, 3], operator: 'INTERSECTION', filters: [['include', 1]] },
  ...(['UNION', 'INTERSECTION', 'COMPLEMENT'] as const).flatMap((operator): Set[] => [
    { sets: [union(0), union(1)], operator },
    { sets: [union(0, 1), union(2)], operator },
    { sets: [union(2), { of: [0], filters: [['exclude', 0]] }], operator },
    {
      sets: [
        { of: [0, 1], operator: 'COMPLEMENT' },
        { of: [1, 0], operator: 'COMPLEMENT' },
      ],
      operator,
    },
    { sets: [union(3), union(0)], operator },
    { sets: [{ sets: [union(0), union(1)], operator: 'INTERSECTION' }, union(2)], operator },
    {
      sets: [{ sets: [union(0), { sets: [union(1), union(2)], operator }] }, { of: [2], filters: [['include', 1]] }],
      operator,
    },
  ]),
  { sets: [{ sets: [{ sets: [{ sets: [union(0, 1)] }] }] }] },
]

const id = (kind: string, at: number): string => `oval:nested:${kind}:${at + 1}`

function written(set: Set): string {
  const inside =
    'sets' in set
      ? set.sets.map(written).join('')
      : [
          ...set.of.map((at) => `<object_reference>${id('obj', at)}</object_reference>`),
          ...(set.filters ?? []).map(([action, at]) => `<filter action="${action}">${id('ste', at)}</filter>`),
        ].join('')
  return `<set${set.operator === undefined ? '' : ` set_operator="${set.operator}"`}>${inside}</set>`
}

function definitions(folder: string): string {
  const object = (at: number, inside: string): string =>
    `<ind:textfilecontent54_object id="${id('obj', at)}" version="1">${inside}</ind:textfilecontent54_object>`
  const each = (write: (at: number) => string): string => SETS.map((_, at) => write(at)).join('\n')
  return `<oval_definitions xmlns="${namespace}" xmlns:ind="${namespace}#independent" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5"><generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions>${each((at) => `<definition id="${id('def', at)}" version="1" class="miscellaneous"><metadata><title>t</title><description>d</description></metadata><criteria><criterion test_ref="${id('tst', at)}"/></criteria></definition>`)}</definitions>
<tests>${each((at) => `<ind:textfilecontent54_test id="${id('tst', at)}" version="1" check="all" comment="t"><ind:object object_ref="${id('obj', OBJECTS.length + at)}"/><ind:state state_ref="${id('ste', 0)}"/></ind:textfilecontent54_test>`)}</tests>
<objects>${OBJECTS.map((name, at) => object(at, `<ind:path>${folder}</ind:path><ind:filename operation="pattern match">${name}</ind:filename><ind:pattern operation="pattern match">^.+$</ind:pattern><ind:instance datatype="int">1</ind:instance>`)).join('\n')}
${SETS.map((set, at) => object(OBJECTS.length + at, written(set))).join('\n')}</objects>
<states>${STATES.map((text, at) => `<ind:textfilecontent54_state id="${id('ste', at)}" version="1"><ind:text operation="pattern match">${text}</ind:text></ind:textfilecontent54_state>`).join('\n')}</states></oval_definitions>`
}

/** Of each set its flag, its items by their text, and what a test of it comes to. */
function evaluated(folder: string, program: readonly string[]): string[] {
  const output = join(folder, 'results.xml')
  const words = [...program, 'oval', 'eval', '--skip-valid', '--results', output, join(folder, 'sets.xml')]
  const { status, stderr } = spawnSync(words[0] ?? '', words.slice(1), { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  const elements = [...descendants(readXml(readFileSync(output), output))]
  const texts = new Map(
    elements
      .filter(({ name }) => name === 'textfilecontent_item')
      .map((item) => [attribute(item, 'id'), childrenNamed(item, 'text')[0]?.text ?? '']),
  )
  return SETS.map((set, at) => {
    const object = elements.find(
      (one) => attribute(one, 'id') === id('obj', OBJECTS.length + at) && attribute(one, 'flag') !== undefined,
    )
    assert.ok(object !== undefined)
    const items = childrenNamed(object, 'reference').map((one) => texts.get(attribute(one, 'item_ref')) ?? '')
    const definition = elements.find((one) => attribute(one, 'definition_id') === id('def', at))
    assert.ok(definition !== undefined)
    return `${written(set)}: ${attribute(object, 'flag')} ${items.toSorted((one, other) => one.localeCompare(other)).join()} ${attribute(definition, 'result')}`
  })
}

test('sets of sets, and filtered ones, hold what the referee’s hold', { skip: refereeSkip() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-nested-'))
  try {
    for (const name of files) writeFileSync(join(folder, name), `${name}\n`)
    writeFileSync(join(folder, 'sets.xml'), definitions(folder))
    const referee = evaluated(folder, ['oscap'])
    for (const one of ['complete one ', 'complete three true', 'does not exist  false'])
      assert.ok(
        referee.some((line) => line.includes(one)),
        one,
      )
    assert.deepEqual(evaluated(folder, [process.execPath, ourProgram]), referee)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
