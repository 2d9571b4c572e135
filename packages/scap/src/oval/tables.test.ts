import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Flag } from './model/enumerations.ts'
import {
  CHECK_TABLES,
  combineByCheck,
  combineByOperator,
  combineComponentFlags,
  combineSetFlags,
  DECIDING,
  EXISTENCE_TABLES,
  judgeExistence,
  negateResult,
  OPERATOR_TABLES,
  SET_FLAG_TABLES,
} from './tables.ts'

/** The published schemas carry the tables as charts; openscap-common installs them. */
const SCHEMAS = '/usr/share/openscap/schemas/oval/5.11.2'
const skip = schemaSkip()

function schemaSkip(): string | false {
  if (existsSync(SCHEMAS)) return false
  if (process.env['CI'] === 'true') throw new Error(`${SCHEMAS} is missing: install openscap-common`)
  return 'openscap-common is not installed'
}

interface Chart {
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: readonly { readonly cells: readonly string[]; readonly result: string }[]
}

/** A chart's lines are `name || cell | cell … || result`; the name stands in one of them. */
function readCharts(schema: string): Chart[] {
  const xsd = readFileSync(`${SCHEMAS}/${schema}.xsd`, 'utf8')
  return [...xsd.matchAll(/<evaluation_chart[^>]*>([^<]*)</g)].flatMap(([, chart]) => {
    const lines = chart!.split('\n').map((line) => line.split('||').map((part) => part.trim()))
    const body = lines.filter((parts) => parts.length === 3 && parts[1]!.includes('|'))
    const [header, ...rows] = body
    if (header === undefined) return []
    const split = (part: string) => part.split('|').map((cell) => cell.trim())
    return {
      name: rows
        .map(([first]) => first!)
        .join(' ')
        .trim(),
      columns: split(header[1]!),
      rows: rows.map(([, cells, result]) => ({
        cells: split(cells!),
        result: result!.replaceAll('*', '').trim().toLowerCase(),
      })),
    }
  })
}

const HOLDS: Readonly<Record<string, (count: number) => boolean>> = {
  '--': () => false,
  '0': (count) => count === 0,
  '1': (count) => count === 1,
  '0,1': (count) => count < 2,
  '0+': () => true,
  '1+': (count) => count > 0,
  '2+': (count) => count > 1,
  odd: (count) => count % 2 === 1,
  even: (count) => count % 2 === 0,
}

/** Every combination of counts from 0 to 3. */
function* combinations(columns: number): Generator<number[]> {
  for (let n = 0; n < 4 ** columns; n++) {
    yield Array.from({ length: columns }, (_, column) => Math.floor(n / 4 ** column) % 4)
  }
}

function resultCounts([t, f, e, u, ne, na]: readonly number[]) {
  return { true: t!, false: f!, error: e!, unknown: u!, 'not evaluated': ne!, 'not applicable': na! }
}

function compareWithChart(chart: Chart, judge: (counts: readonly number[]) => string): void {
  let compared = 0
  for (const counts of combinations(chart.columns.length)) {
    const rows = chart.rows.filter(({ cells }) => cells.every((cell, column) => HOLDS[cell]!(counts[column]!)))
    if (counts.every((count) => count === 0) && chart.columns.length === 6) {
      assert.equal(judge(counts), 'unknown', 'nothing to combine')
      continue
    }
    const results = new Set(rows.map(({ result }) => result))
    // XOR's even row also holds when all are not applicable; the last row is meant.
    if (chart.name === 'XOR' && results.has('not applicable')) results.delete('false')
    assert.deepEqual([judge(counts)], [...results], `${chart.name} ${counts.join(' ')}`)
    compared++
  }
  assert.ok(compared > 100)
}

test('operators follow the chart of the schema for every combination of counts', { skip }, () => {
  const charts = readCharts('oval-common-schema').filter(({ name }) => Object.hasOwn(OPERATOR_TABLES, name))
  assert.deepEqual(charts.map(({ name }) => name).sort(), Object.keys(OPERATOR_TABLES).sort())
  for (const chart of charts) {
    compareWithChart(chart, (counts) =>
      combineByOperator(chart.name as keyof typeof OPERATOR_TABLES, resultCounts(counts)),
    )
  }
})

test('checks follow the chart of the schema for every combination of counts', { skip }, () => {
  const charts = readCharts('oval-common-schema').filter(({ name }) => Object.hasOwn(CHECK_TABLES, name.toLowerCase()))
  assert.deepEqual(charts.map(({ name }) => name.toLowerCase()).sort(), Object.keys(CHECK_TABLES).sort())
  for (const chart of charts) {
    const check = chart.name.toLowerCase() as keyof typeof CHECK_TABLES
    compareWithChart(chart, (counts) => combineByCheck(check, resultCounts(counts)))
  }
})

test('existence follows the chart of the schema for every combination of counts', { skip }, () => {
  const charts = readCharts('oval-common-schema').filter(({ name }) => Object.hasOwn(EXISTENCE_TABLES, name))
  assert.deepEqual(charts.map(({ name }) => name).sort(), Object.keys(EXISTENCE_TABLES).sort())
  for (const chart of charts) {
    compareWithChart(chart, ([exists, doesNotExist, error, notCollected]) =>
      judgeExistence(chart.name as keyof typeof EXISTENCE_TABLES, {
        exists: exists!,
        'does not exist': doesNotExist!,
        error: error!,
        'not collected': notCollected!,
      }),
    )
  }
})

const ABBREVIATIONS: readonly (readonly [string, Flag])[] = [
  ['E', 'error'],
  ['C', 'complete'],
  ['I', 'incomplete'],
  ['DNE', 'does not exist'],
  ['NC', 'not collected'],
  ['NA', 'not applicable'],
]

test('flags of sets follow the chart of the schema', { skip }, () => {
  const xsd = readFileSync(`${SCHEMAS}/oval-definitions-schema.xsd`, 'utf8')
  const charts = [...xsd.matchAll(/<evaluation_chart[^>]*>([^<]*obj 1 flag[^<]*)</g)].map(([, chart]) => chart!)
  const flag = new Map(ABBREVIATIONS)
  const seen: string[] = []
  for (const chart of charts) {
    const operator = /union|intersection|complement/.exec(chart)![0].toUpperCase() as keyof typeof SET_FLAG_TABLES
    seen.push(operator)
    const rows = chart.split('\n').filter((line) => (line.match(/\|/g)?.length ?? 0) === 9)
    const [header, ...body] = rows.map((line) => line.split('||').slice(0, 2))
    const firsts = header![1]!.split('|').map((cell) => flag.get(cell.trim())!)
    for (const [label, cells] of body) {
      const second = flag.get(label!.trim().split(/\s+/).at(-1)!)!
      cells!.split('|').forEach((cell, column) => {
        assert.equal(combineSetFlags(operator, firsts[column]!, second), flag.get(cell.trim()), `${operator} ${label}`)
      })
    }
    assert.equal(body.length, 6)
  }
  assert.deepEqual(seen.sort(), Object.keys(SET_FLAG_TABLES).sort())
})

test('flags of components follow the chart of the schema', { skip }, () => {
  const chart = readCharts('oval-definitions-schema').find(({ rows }) =>
    rows.some(({ result }) => result === 'does not exist'),
  )!
  const flag = new Map(ABBREVIATIONS)
  for (const counts of combinations(6)) {
    const rows = chart.rows.filter(({ cells }) => cells.every((cell, column) => HOLDS[cell]!(counts[column]!)))
    if (rows.length === 0) continue
    const flags = counts.flatMap((count, column) => Array<Flag>(count).fill(flag.get(chart.columns[column]!)!))
    // The chart gives error whenever there is one, and its lower rows overlap: the last one that holds is the worst.
    const expected = counts[0]! > 0 ? 'error' : rows.at(-1)!.result
    assert.equal(combineComponentFlags(flags), expected, counts.join(' '))
  }
})

test('negation swaps true and false only', () => {
  assert.deepEqual(
    (['true', 'false', 'error', 'unknown', 'not evaluated', 'not applicable'] as const).map(negateResult),
    ['false', 'true', 'error', 'unknown', 'not evaluated', 'not applicable'],
  )
})

test('a result that decides by itself does so beside every combination of others', () => {
  for (const operator of ['AND', 'ONE', 'OR', 'XOR'] as const) {
    const others = [...combinations(6)].map(resultCounts)
    const decides = (['true', 'false', 'error', 'unknown', 'not evaluated', 'not applicable'] as const).filter(
      (result) =>
        others.every((counts) => combineByOperator(operator, { ...counts, [result]: counts[result] + 1 }) === result),
    )
    assert.deepEqual(decides, DECIDING[operator] === undefined ? [] : [DECIDING[operator]], operator)
  }
})
