import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { collect, openLocalSession } from '@plumbline/collect'
import {
  attribute,
  createEvaluation,
  descendants,
  parseOval,
  parseSystemCharacteristics,
  readXml,
  sourceById,
} from '@plumbline/scap'
import type { CollectedObject, Evaluation, Item, OvalContent, XmlElement } from '@plumbline/scap'
import { readVerdicts } from '../oval/referee.ts'
import { randomDefinitions } from './definitions.ts'
import { writeTree } from './tree.ts'

/** What both say of a thing; of `evaluated` ours is the verdict over what the referee collected. */
export interface Said {
  readonly kind: 'definition' | 'evaluated' | 'object' | 'rule' | 'score' | 'test' | 'variable'
  readonly id: string
  readonly ours: string
  readonly referee: string
}

export interface Compared {
  readonly compared: number
  readonly differences: readonly Said[]
  /** The content about an id. */
  readonly show: (id: string) => string
}

/**
 * Has us and the referee collect and evaluate a random document over the tree in the folder. What differs in the collection
 * but not in the evaluation of what the referee collected, and the other way round, is told apart.
 */
export async function compareRandomOval(seed: number, folder: string, tests: number): Promise<Compared> {
  const tree = join(folder, 'tree')
  writeTree(tree)
  const draft = randomDefinitions(seed, tree, tests)
  const document = draft.write()
  const answer = askReferee(document, folder)
  const verdicts = readVerdicts(answer)
  const root = readXml(answer, 'results.xml')
  const theirs = parseSystemCharacteristics(
    [...descendants(root)].find(({ name }) => name === 'oval_system_characteristics')!,
  )
  const content = parseOval(readXml(document, 'definitions.xml'))
  const ours = await evaluateOurs(content)
  const evaluated = createEvaluation({ content, source: sourceById(theirs) })
  const verdictsOf = (
    kind: 'definition' | 'test',
    results: Readonly<Record<string, string>>,
    of: (evaluation: Evaluation, id: string) => string,
  ): Said[] =>
    Object.entries(results).flatMap(([id, referee]): Said[] => [
      { kind, id, ours: of(ours, id), referee },
      { kind: 'evaluated', id, ours: of(evaluated, id), referee },
    ])
  const said: readonly Said[] = [
    ...[...theirs.objects].map(
      ([id, object]): Said => ({ kind: 'object', id, ours: tellObject(ours.object(id)), referee: tellObject(object) }),
    ),
    ...[...testedVariables(root)].flatMap(([id, values]): Said[] => {
      const { flag, values: own } = evaluated.variable(id)
      // Of a variable without a value the referee tells what it had worked out by then.
      if (flag !== 'complete' && flag !== 'incomplete') return []
      return [{ kind: 'variable', id, ours: tellValues(own), referee: tellValues(values) }]
    }),
    ...verdictsOf('test', verdicts.tests, (evaluation, id) => evaluation.test(id).result),
    ...verdictsOf('definition', verdicts.definitions, (evaluation, id) => evaluation.result(id)),
  ]
  const show = (id: string): string => draft.show(id)
  const differences = said.filter((each) => each.ours !== each.referee)
  const documented = differences.filter((each) => isDocumented(each, show(each.id)))
  const restsOnDocumented = ({ kind, id }: Said): boolean =>
    kind !== 'object' && documented.some((test) => show(id).includes(`"${test.id}"`))
  return {
    compared: said.length,
    differences: differences.filter((each) => !documented.includes(each) && !restsOnDocumented(each)),
    show,
  }
}

/** With its clause in `conformance/oval/states.test.ts`: false and unknown together are an error to the referee. */
function isDocumented({ id, ours, referee }: Said, text: string): boolean {
  return id.includes(':tst:') && ours === 'unknown' && referee === 'error' && /check="at least one"|"OR"/.test(text)
}

function askReferee(document: string, folder: string): Uint8Array {
  const [asked, answered] = [join(folder, 'definitions.xml'), join(folder, 'results.xml')]
  writeFileSync(asked, document)
  const { status, signal, stderr } = spawnSync(
    'oscap',
    ['oval', 'eval', '--skip-validation', '--results', answered, asked],
    { encoding: 'utf8', env: { ...process.env, SEXP_VALIDATE_DISABLE: '1' }, maxBuffer: 1 << 28 },
  )
  if (status !== 0) throw new Error(`oscap oval eval: ${signal ?? status}: ${stderr.slice(-500)}`)
  return readFileSync(answered)
}

async function evaluateOurs(content: OvalContent): Promise<Evaluation> {
  const session = openLocalSession()
  try {
    const request = { content, definitionIds: Object.keys(content.definitions), externalVariables: {} }
    const { objects } = await collect(session, [request], { now: new Date() })
    return createEvaluation({ content, source: { find: (digest) => objects[digest] } })
  } finally {
    await session.close()
  }
}

/** Values of variables that tests used. */
function testedVariables(root: XmlElement): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const element of descendants(root)) {
    if (element.name !== 'tested_variable') continue
    const id = attribute(element, 'variable_id')!
    values.set(id, [...(values.get(id) ?? []), element.text])
  }
  return values
}

const tellValues = (values: readonly string[]): string => [...new Set(values)].toSorted().join(' | ')
const tellObject = ({ flag, items }: CollectedObject): string => [flag, ...items.map(tellItem).toSorted()].join('\n')

/** What others change meanwhile, and what a hostile tree has of its own: see `referee-files.test.ts`. */
const ignored = new Set(['a_time', 'c_time', 'pid', 'has_extended_acl'])

function tellItem({ status, entities, testType }: Item): string {
  // Beside the pattern of a textfilecontent54_item the referee tells it again as its line, an entity that is deprecated.
  const isRepeated = (name: string): boolean => name === 'line' && entities.some((one) => one.name === 'pattern')
  // Values of variables are strings to the referee.
  const isTyped = testType !== 'independent/variable'
  const told = entities
    .filter(({ name, value }) => value !== '' && !ignored.has(name) && !isRepeated(name))
    .map(({ name, value, datatype, fields = [] }) =>
      [name, isTyped ? datatype : '', value, ...fields.map((field) => `${field.name} ${field.value}`)].join(' '),
    )
  return `${status}: ${told.toSorted().join(', ')}`
}
