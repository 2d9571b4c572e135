import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  attribute,
  createEvaluation,
  descendants,
  parseOval,
  parseSystemCharacteristics,
  parseVariables,
  readXml,
  sourceById,
} from '@plumbline/scap'
import { assertReplays } from './replay.ts'

/** Why `oscap` cannot be asked here; the CI must have it. */
export function refereeSkip(): string | false {
  const found = spawnSync('oscap', ['--version'])
  if (found.error === undefined) return false
  if (process.env['CI'] === 'true') throw new Error('oscap is missing: install openscap-scanner')
  return 'oscap (package openscap-scanner) is not installed'
}

/** The documents of one comparison. */
export interface OvalDocuments {
  readonly definitions: string
  readonly systemCharacteristics: string
  readonly variables?: string
}

/** Results by id, and the values of variables that tests used. */
export interface Verdicts {
  readonly definitions: Readonly<Record<string, string>>
  readonly tests: Readonly<Record<string, string>>
  readonly testedVariables: Readonly<Record<string, readonly string[]>>
}

/** What `oscap oval analyse` says. */
export function askReferee({ definitions, systemCharacteristics, variables }: OvalDocuments): Verdicts {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-referee-'))
  try {
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const results = join(folder, 'results.xml')
    const given = variables === undefined ? [] : ['--variables', file('variables.xml', variables)]
    const { status, stderr, signal } = spawnSync(
      'oscap',
      [
        'oval',
        'analyse',
        '--skip-validation',
        ...given,
        '--results',
        results,
        file('definitions.xml', definitions),
        file('system-characteristics.xml', systemCharacteristics),
      ],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`oscap oval analyse: ${signal ?? status}: ${stderr.slice(0, 500)}`)
    return readVerdicts(readFileSync(results))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Verdicts from an OVAL results document. */
export function readVerdicts(results: Uint8Array): Verdicts {
  const definitions: Record<string, string> = {}
  const tests: Record<string, string> = {}
  const testedVariables: Record<string, string[]> = {}
  for (const element of descendants(readXml(results, 'results.xml'))) {
    const result = attribute(element, 'result')
    if (element.name === 'definition' && result !== undefined)
      definitions[attribute(element, 'definition_id')!] = result
    if (element.name !== 'test' || result === undefined) continue
    tests[attribute(element, 'test_id')!] = result
    const values = new Map<string, string[]>()
    for (const tested of element.children.filter(({ name }) => name === 'tested_variable')) {
      const id = attribute(tested, 'variable_id')!
      values.set(id, [...(values.get(id) ?? []), tested.text])
    }
    for (const [id, used] of values) testedVariables[id] = used
  }
  return { definitions, tests, testedVariables }
}

/** What we say. */
export function askOurselves({ definitions, systemCharacteristics, variables }: OvalDocuments): Verdicts {
  const content = parseOval(readXml(definitions, 'definitions.xml'))
  const characteristics = parseSystemCharacteristics(readXml(systemCharacteristics, 'system-characteristics.xml'))
  const externalVariables = variables === undefined ? {} : parseVariables(readXml(variables, 'variables.xml'))
  const evaluation = createEvaluation({ content, source: sourceById(characteristics), externalVariables })
  assertReplays({ content, evaluation }, Object.keys(content.definitions))
  const map = <T>(ids: Readonly<Record<string, unknown>>, of: (id: string) => T) =>
    Object.fromEntries(Object.keys(ids).map((id) => [id, of(id)]))
  return {
    definitions: map(content.definitions, (id) => evaluation.result(id)),
    tests: map(content.tests, (id) => evaluation.test(id).result),
    testedVariables: map(content.variables, (id) => evaluation.variable(id).values),
  }
}
