import { chanceOf, type Chance } from './chance.ts'
import { Draft, element, textElement } from './draft.ts'
import { subjects, type StateEntity, type Subject } from './subjects.ts'
import { operationsOf, randomPattern, valuesOf } from './values.ts'
import { Variables } from './variables.ts'

const CHECKS = ['all', 'at least one', 'none satisfy', 'only one'] as const
const OPERATORS = ['AND', 'OR', 'ONE', 'XOR'] as const
const EXISTENCES = ['all_exist', 'any_exist', 'at_least_one_exists', 'none_exist', 'only_one_exists'] as const

/** A document of so many tests, each of them the only one of a definition, and of definitions over these. */
export function randomDefinitions(seed: number, folder: string, tests: number): Draft {
  const draft = new Draft(chanceOf(seed), folder)
  const { chance } = draft
  const variables = new Variables(draft)
  const objects = new Map<Subject, string[]>()
  const made = Array.from({ length: tests }, () => {
    // Half of them of the two types that nearly all content is made of.
    const subject = chance.holds(0.5) ? subjects[chance.below(2)]! : chance.pick(subjects)
    return randomTest(draft, subject, objects, variables)
  })
  const definitions = made.map((test) => definitionOf(draft, criterion(test, chance)))
  for (let at = 0; at < tests / 4; at += 1)
    definitions.push(definitionOf(draft, randomCriteria(chance, made, definitions, 2)))
  return draft
}

function randomTest(draft: Draft, subject: Subject, objects: Map<Subject, string[]>, variables: Variables): string {
  const { chance } = draft
  const known = objects.get(subject) ?? []
  const object =
    known.length > 1 && Object.keys(subject.fields).length > 0 && chance.holds(0.25)
      ? randomSet(draft, subject, known, variables)
      : randomObject(draft, subject, variables)
  objects.set(subject, [...known, object])
  for (const [name, kind] of Object.entries(subject.fields)) variables.fields.push({ object, name, kind })
  const existence = chance.holds(0.4) ? undefined : chance.pick(EXISTENCES)
  // OVAL: a test of what must not exist has no states.
  const states = existence === 'none_exist' ? [] : chance.several(0, 2, () => randomState(draft, subject, variables))
  const prefix = subject.name.split(':')[0]!
  return draft.add('tests', (id) =>
    element(
      `${subject.name}_test`,
      {
        id,
        version: 1,
        comment: 'c',
        check: chance.pick(CHECKS),
        check_existence: existence,
        state_operator: chance.holds(0.4) ? undefined : chance.pick(OPERATORS),
      },
      element(`${prefix}:object`, { object_ref: object }),
      ...states.map((state) => element(`${prefix}:state`, { state_ref: state })),
    ),
  )
}

function randomObject(draft: Draft, subject: Subject, variables: Variables): string {
  const { chance } = draft
  const entities = subject.object(draft, variables)
  // The schema has no entities, and so no filters, in these two.
  const isBare = entities.length === 0 || filterable(subject).length === 0
  const filters = isBare || chance.holds(0.75) ? [] : chance.several(1, 2, () => filter(draft, subject, variables))
  return draft.add('objects', (id) => element(`${subject.name}_object`, { id, version: 1 }, ...entities, ...filters))
}

function filter(draft: Draft, subject: Subject, variables: Variables): string {
  const action = draft.chance.pick(['include', 'exclude'])
  return textElement('oval-def:filter', randomState(draft, subject, variables, true), { action })
}

function randomSet(draft: Draft, subject: Subject, known: readonly string[], variables: Variables): string {
  const { chance } = draft
  const unused = withoutCommonObjects(draft, chance.shuffled(known))
  // So that inner sets have something each.
  const depth = unused.length < 4 ? 0 : 1
  const set = (below: number): string => {
    const isOuter = below > 0 && chance.holds(0.3)
    const members = isOuter
      ? chance.several(1, 2, () => set(below - 1))
      : [
          ...chance.several(1, Math.min(2, unused.length), () =>
            textElement('oval-def:object_reference', unused.pop()!),
          ),
          ...(chance.holds(0.3) && filterable(subject).length > 0 ? [filter(draft, subject, variables)] : []),
        ]
    return element(
      'oval-def:set',
      { set_operator: chance.pick(['UNION', 'INTERSECTION', 'COMPLEMENT', undefined]) },
      ...members,
    )
  }
  return draft.add('objects', (id) => element(`${subject.name}_object`, { id, version: 1 }, set(depth)))
}

/** Where an object is in a set twice, the referee's filters drop items from both places, and an intersection lacks some. */
function withoutCommonObjects(draft: Draft, ids: readonly string[]): string[] {
  const taken = new Set<string>()
  return ids.filter((id) => {
    const objects = draft.show(id).match(/oval:random:obj:\d+/g) ?? []
    if (objects.some((object) => taken.has(object))) return false
    for (const object of objects) taken.add(object)
    return true
  })
}

function randomState(draft: Draft, subject: Subject, variables: Variables, isFilter = false): string {
  const { chance } = draft
  const prefix = subject.name.split(':')[0]!
  const possible = isFilter ? filterable(subject) : subject.state
  const wanted = chance.below(possible.length)
  const entities = possible
    .filter((_, at) => at === wanted || chance.holds(1.2 / possible.length - 0.1))
    .map((entity) => stateEntity(draft, prefix, isFilter ? { datatype: 'string', ...entity } : entity, variables))
  const operator = chance.holds(0.5) ? undefined : chance.pick(OPERATORS)
  return draft.add('states', (id) => element(`${subject.name}_state`, { id, version: 1, operator }, ...entities))
}

const filterable = ({ state }: Subject): readonly StateEntity[] =>
  state.filter(({ isForFilters }) => isForFilters !== false)

function stateEntity(draft: Draft, prefix: string, entity: StateEntity, variables: Variables): string {
  const { chance } = draft
  if (entity.fields !== undefined) {
    const fields = chance
      .shuffled(entity.fields)
      .slice(0, chance.pick([1, 1, 2]))
      .map((field) => stateField(draft, field))
    const entity_check = chance.holds(0.5) ? undefined : chance.pick(CHECKS)
    return element(`${prefix}:${entity.name}`, { datatype: 'record', entity_check }, ...fields)
  }
  const datatype = entity.datatype ?? (chance.holds(0.7) ? 'string' : 'int')
  const operation = chance.pick(operationsOf[datatype] ?? ['equals'])
  const attributes = {
    datatype,
    operation,
    entity_check: chance.holds(0.5) ? undefined : chance.pick(CHECKS),
  }
  // The referee compares values of a variable by the datatype of the item: only where it is a text are they the same.
  const isNumber = datatype === 'int' && entity.datatype === 'int'
  if ((isNumber || datatype === 'string') && operation !== 'pattern match' && chance.holds(0.2)) {
    const kind = isNumber ? 'number' : 'word'
    return textElement(`${prefix}:${entity.name}`, '', {
      ...attributes,
      var_ref: variables.of(kind),
      var_check: chance.pick(CHECKS),
    })
  }
  const value =
    operation === 'pattern match'
      ? randomPattern(chance)
      : chance.pick(datatype === 'int' && entity.datatype === undefined ? (valuesOf.int ?? []) : entity.values)
  return textElement(`${prefix}:${entity.name}`, value, attributes)
}

function stateField({ chance }: Draft, { name, datatype = 'string', values }: StateEntity): string {
  const operation = chance.pick(operationsOf[datatype] ?? ['equals'])
  const entity_check = chance.holds(0.5) ? undefined : chance.pick(CHECKS)
  const value = operation === 'pattern match' ? randomPattern(chance) : chance.pick(values)
  return textElement('oval-def:field', value, { name, datatype, operation, entity_check })
}

function definitionOf(draft: Draft, ...inside: readonly string[]): string {
  return draft.add('definitions', (id) =>
    element(
      'definition',
      { id, version: 1, class: 'miscellaneous' },
      element('metadata', {}, textElement('title', 't'), textElement('description', 'd')),
      element('criteria', {}, ...inside),
    ),
  )
}

const negate = (chance: Chance): string | undefined => (chance.holds(0.3) ? 'true' : undefined)
const criterion = (test: string, chance: Chance): string =>
  element('criterion', { test_ref: test, negate: negate(chance) })

function randomCriteria(
  chance: Chance,
  tests: readonly string[],
  definitions: readonly string[],
  depth: number,
): string {
  const parts = chance.several(1, 4, () => {
    if (depth > 0 && chance.holds(0.4)) return randomCriteria(chance, tests, definitions, depth - 1)
    if (chance.holds(0.7)) return criterion(chance.pick(tests), chance)
    return element('extend_definition', { definition_ref: chance.pick(definitions), negate: negate(chance) })
  })
  return element('criteria', { operator: chance.pick(OPERATORS), negate: negate(chance) }, ...parts)
}
