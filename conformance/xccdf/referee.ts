import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { attribute, child, descendants, readXml, type XmlElement } from '@plumbline/scap'

const ourProgram = join(import.meta.dirname, '../../packages/cli/src/oscap/main.ts')

/** What a scanner says: for each rule its results, and its scores. */
export interface Said {
  readonly status: number | null
  /** Result, role, severity and weight; several where a check has several definitions, sorted. */
  readonly rules: Readonly<Record<string, readonly string[]>>
  /** Of each result that an answer led to, the checks that it names, sorted. */
  readonly checks: Readonly<Record<string, readonly string[]>>
  readonly scores: Readonly<Record<string, number>>
}

export function evaluateBy(who: 'ours' | 'referee', benchmark: string, words: readonly string[] = []): Said {
  const folder = dirname(benchmark)
  const results = join(folder, `${who}.xml`)
  const [program, ...before] = who === 'referee' ? ['oscap'] : [process.execPath, ourProgram]
  const all = ['xccdf', 'eval', '--skip-valid', ...words, '--results', results, benchmark]
  const { status, stderr } = run(program ?? '', [...before, ...all], folder)
  if (status !== 0 && status !== 2) throw new Error(`${who}: ${status}: ${stderr.slice(0, 500)}`)
  const rules: Record<string, string[]> = {}
  const checks: Record<string, string[]> = {}
  const scores: Record<string, number> = {}
  for (const element of descendants(readXml(readFileSync(results), 'results.xml'))) {
    if (element.name === 'score') {
      const system = attribute(element, 'system') ?? ''
      scores[system] = Number(Number(element.text).toFixed(4))
      // Of the absolute model the referee tells the maximum of another.
      if (!system.endsWith('absolute')) scores[`${system}, maximum`] = Number(attribute(element, 'maximum'))
    }
    if (element.name !== 'rule-result') continue
    const [role, severity, weight] = ['role', 'severity', 'weight'].map((name) => attribute(element, name))
    const id = (attribute(element, 'idref') ?? '').replace('xccdf_x_rule_', '')
    const found = `${child(element, 'result')?.text} ${role} ${severity} ${Number(weight)}`
    rules[id] = [...(rules[id] ?? []), found].toSorted()
    if (child(element, 'result')?.text === 'notchecked') continue
    const named = element.children.filter(({ name }) => name === 'check' || name === 'complex-check').map(describe)
    checks[id] = [...(checks[id] ?? []), ...named].toSorted()
  }
  return { status, rules, checks, scores }
}

function describe(element: XmlElement): string {
  const attributes = element.attributes
    .filter(({ name, value }) => value !== 'false' && name !== 'selector')
    .map(({ name, value }) => `${name}=${value}`)
    .toSorted()
  return [element.name, ...attributes, ...element.children.map((one) => `(${describe(one)})`)].join(' ')
}

/** A busy machine lets the referee trip over a lock of its own; it then ends early, also with status 0, and is asked again. */
function run(program: string, words: readonly string[], cwd: string): SpawnSyncReturns<string> {
  for (let tries = 1; ; tries += 1) {
    const ended = spawnSync(program, words, { encoding: 'utf8', cwd })
    if (tries === 10 || !ended.stderr.includes('failed to unlock a mutex')) return ended
  }
}
