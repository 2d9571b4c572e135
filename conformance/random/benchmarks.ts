import { check, complex, exported, group, profile, questionnaire, rule, ruleId, value } from '../xccdf/benchmark.ts'
import { chanceOf, type Chance } from './chance.ts'

/** A benchmark as it is made: the inside, what each rule is, and its profiles by name; and those of a tailoring of it. */
export interface RandomBenchmark {
  readonly inside: string
  readonly rules: ReadonlyMap<string, string>
  readonly profiles: readonly string[]
  readonly tailored: string
  readonly tailoredProfiles: readonly string[]
}

const DEFINITIONS = ['true', 'false', 'error', 'unknown', 'fault', 'patch'] as const
const ROLES = ['full', 'full', 'full', 'unscored', 'unchecked']
const SEVERITIES = ['low', 'medium', 'high', 'info', 'unknown']
const WEIGHTS = ['0', '1', '1', '2', '3.5', '10', '0.25']
/** None that errs: what the referee makes of those is documented in `rules.test.ts`. */
const PLATFORMS = ['#yes', '#yes', '#no', '#both', '#either', '#nested', 'cpe:/o:x:yes', 'cpe:/o:x:no']
const VALUES = ['plain', 'chosen', 'first', 'text']
const SELECTORS = ['a', 'b', 'none']
/** A selector that does not exist for a value that is never set: the referee stops at it, whatever is set. */
const VALUE_SELECTORS: readonly (readonly [value: string, selector: string])[] = [
  ['plain', 'none'],
  ['chosen', 'a'],
  ['chosen', 'b'],
  ['first', 'a'],
  ['first', 'b'],
  ['text', 'a'],
]

/** Rules in nested groups, and profiles that refine them. With `hasMany`, checks with a result for each of many definitions. */
export function randomBenchmark(seed: number, count: number, hasMany: boolean): RandomBenchmark {
  const chance = chanceOf(seed)
  const names = Array.from({ length: count }, (_, at) => `r${at}`)
  const groups = Array.from({ length: Math.ceil(count / 8) }, (_, at) => `g${at}`)
  // The referee lets rules be required of a group that is not selected.
  const hasDependencies = seed % 2 === 0
  const made = { chance, names, groups, hasMany, hasDependencies }
  const rules = new Map(names.map((name) => [name, rule(name, randomInside(made, name), randomAttributes(chance))]))
  const tree = groups.map((name) => ({ name, inside: [] as string[] }))
  const top: string[] = []
  for (const text of rules.values()) (chance.holds(0.3) ? top : chance.pick(tree).inside).push(text)
  // From the last on, groups go into earlier ones.
  for (const [at, { name, inside }] of [...tree.entries()].toReversed()) {
    const text = group(name, dependencies(made, name) + platforms(chance) + inside.join(''), groupAttributes(made))
    const outer = at > 0 && chance.holds(0.5) ? chance.pick(tree.slice(0, at)).inside : top
    outer.push(text)
  }
  const profiles = ['p0', 'p1', 'p2']
  // Of several refinements of a rule the referee keeps the last alone, so each profile has rules of its own to refine.
  const write = (name: string, part: number, base: string | undefined): string =>
    profile(
      name,
      randomProfile(
        made,
        names.filter((_, at) => at % (profiles.length + 2) === part),
      ),
      base,
    )
  const written = profiles.map((name, at) =>
    write(name, at, at > 0 && chance.holds(0.5) ? profiles[at - 1] : undefined),
  )
  // A tailoring may take over the id of the profile that it extends.
  const tailoredProfiles = ['t0', 'p1']
  const tailored = tailoredProfiles.map((name, at) =>
    write(name, profiles.length + at, name === 'p1' ? name : chance.pick([...profiles, undefined])),
  )
  return {
    inside: [...written, ...randomValues(), ...chance.shuffled(top)].join(''),
    rules,
    profiles,
    tailored: tailored.join(''),
    tailoredProfiles,
  }
}

interface Made {
  readonly chance: Chance
  readonly names: readonly string[]
  readonly groups: readonly string[]
  readonly hasMany: boolean
  readonly hasDependencies: boolean
}

function randomValues(): string[] {
  return [
    value('plain', '<value>1</value>'),
    value('chosen', '<value>2</value><value selector="a">1</value><value selector="b">3</value>'),
    value('first', '<value selector="a">1</value><value selector="b">2</value>'),
    value('text', '<value selector="a">2</value><value>1</value>', 'type="number"'),
  ]
}

const randomAttributes = (chance: Chance): string =>
  [
    chance.holds(0.8) ? `selected="${chance.holds(0.8)}"` : '',
    chance.holds(0.5) ? `weight="${chance.pick(WEIGHTS)}"` : '',
    chance.holds(0.4) ? `severity="${chance.pick(SEVERITIES)}"` : '',
    chance.holds(0.4) ? `role="${chance.pick(ROLES)}"` : '',
    chance.holds(0.2) ? `cluster-id="${chance.pick(['c1', 'c2'])}"` : '',
  ].join(' ')

const groupAttributes = ({ chance, hasDependencies }: Made): string =>
  [
    chance.holds(0.5) ? `selected="${hasDependencies || chance.holds(0.9)}"` : '',
    chance.holds(0.5) ? `weight="${chance.pick(WEIGHTS)}"` : '',
    chance.holds(0.2) && !hasDependencies ? `cluster-id="${chance.pick(['c1', 'c2'])}"` : '',
  ].join(' ')

function randomInside(made: Made, name: string): string {
  const { chance } = made
  const checks = chance.holds(0.3) ? randomComplex(made, 2) : chance.several(1, 2, () => randomCheck(made)).join('')
  return dependencies(made, name) + platforms(chance) + checks
}

/** An item that requires or conflicts with what the benchmark has not ends the referee by an assertion. */
function dependencies({ chance, names, groups, hasDependencies }: Made, own: string): string {
  if (!hasDependencies) return ''
  const others = [...names.map(ruleId), ...groups.map((name) => `xccdf_x_group_${name}`)].filter(
    (id) => !id.endsWith(`_${own}`),
  )
  const requires = chance.holds(0.1)
    ? chance.several(1, 2, () => `<requires idref="${chance.several(1, 2, () => chance.pick(others)).join(' ')}"/>`)
    : []
  const conflicts = chance.holds(0.07) ? [`<conflicts idref="${chance.pick(others)}"/>`] : []
  return [...requires, ...conflicts].join('')
}

const platforms = (chance: Chance): string =>
  chance.holds(0.2) ? chance.several(1, 2, () => `<platform idref="${chance.pick(PLATFORMS)}"/>`).join('') : ''

function randomCheck({ chance, hasMany }: Made): string {
  if (chance.holds(0.1)) return questionnaire
  const attributes = [
    chance.holds(0.2) ? `negate="${chance.holds(0.7)}"` : '',
    chance.holds(0.3) ? `selector="${chance.pick(['a', 'b'])}"` : '',
  ].join(' ')
  if (chance.holds(0.3)) return check('external', attributes, exported(chance.pick(VALUES)))
  if (hasMany && chance.holds(0.2)) return check('all', `${attributes} multi-check="${chance.holds(0.7)}"`)
  return check(chance.pick(DEFINITIONS), attributes)
}

function randomComplex(made: Made, depth: number): string {
  const { chance } = made
  const parts = chance.several(1, 3, () =>
    depth > 0 && chance.holds(0.3) ? randomComplex(made, depth - 1) : randomCheck(made),
  )
  return complex(chance.pick(['AND', 'OR']), chance.holds(0.3), ...parts)
}

function randomProfile({ chance, names, groups, hasDependencies }: Made, own: readonly string[]): string {
  // What is not there is ignored, with a warning.
  const items = [
    ruleId('none'),
    ...names.map(ruleId),
    ...(hasDependencies ? [] : groups.map((name) => `xccdf_x_group_${name}`)),
    'c1',
    'c2',
  ]
  const selects = chance.several(0, 10, () => `<select idref="${chance.pick(items)}" selected="${chance.holds(0.6)}"/>`)
  const refined = chance.shuffled(own).slice(0, chance.below(8))
  const refinements = refined.map((name) => {
    // Scores of the referee know nothing of a refined weight.
    const attributes = [
      chance.holds(0.4) ? `severity="${chance.pick(SEVERITIES)}"` : '',
      // The referee takes it for full when it is not given.
      `role="${chance.pick(ROLES)}"`,
      chance.holds(0.4) ? `selector="${chance.pick(SELECTORS)}"` : '',
    ]
    return `<refine-rule idref="${ruleId(name)}" ${attributes.join(' ')}/>`
  })
  const values = chance.several(0, 3, () => {
    if (chance.holds(0.3))
      return `<set-value idref="xccdf_x_value_${chance.pick(VALUES.slice(1))}">${chance.pick(['1', '2'])}</set-value>`
    const [name, selector] = chance.pick(VALUE_SELECTORS)
    return `<refine-value idref="xccdf_x_value_${name}" selector="${selector}"/>`
  })
  return [...selects, ...values, ...refinements].join('')
}
