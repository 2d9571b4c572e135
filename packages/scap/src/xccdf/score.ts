import type { Benchmark, Group, Role, Rule, RuleOutcome } from './model/benchmark.ts'

export interface Score {
  /** `urn:xccdf:scoring:…` */
  readonly system: string
  readonly score: number
  readonly maximum: number
}

export interface Scored {
  readonly ruleId: string
  readonly result: RuleOutcome
  readonly weight: number
  readonly role?: Role
}

/** XCCDF 1.2, 7.3.2: these tell nothing of compliance. */
const uncounted: ReadonlySet<RuleOutcome> = new Set(['informational', 'notapplicable', 'notchecked', 'notselected'])

const passes = (result: RuleOutcome): boolean => result === 'pass' || result === 'fixed'

/** The four models of XCCDF 1.2, 7.3.3. */
export function scoreRules(
  { items }: Benchmark,
  results: readonly Scored[],
  groupWeights: Readonly<Record<string, number>> = {},
): Score[] {
  // RoleEnumType: nor does an unscored rule count that could not be asked, which is not informational.
  const counted = results.filter(({ result, role }) => !uncounted.has(result) && role !== 'unscored')
  const passed = counted.filter(({ result }) => passes(result))
  const flat = sum(passed)
  const maximum = sum(counted)
  return [
    { system: 'urn:xccdf:scoring:default', score: scoreTree(items, counted, groupWeights)?.score ?? 0, maximum: 100 },
    { system: 'urn:xccdf:scoring:flat', score: flat, maximum },
    { system: 'urn:xccdf:scoring:flat-unweighted', score: passed.length, maximum: counted.length },
    { system: 'urn:xccdf:scoring:absolute', score: flat === maximum ? 1 : 0, maximum: 1 },
  ]
}

/** What people are told: the score of the default model, of 100; undefined where no rule counts, which is not zero. */
export function defaultScore(scores: readonly Score[]): number | undefined {
  const of = (model: string): Score | undefined => scores.find(({ system }) => system === `urn:xccdf:scoring:${model}`)
  return of('flat-unweighted')?.maximum === 0 ? undefined : of('default')?.score
}

const sum = (results: readonly Scored[]): number => results.reduce((total, { weight }) => total + weight, 0)

/** The weighted mean of what is below, group by group; undefined where nothing below counts. */
function scoreTree(
  items: readonly (Group | Rule)[],
  counted: readonly Scored[],
  groupWeights: Readonly<Record<string, number>>,
): { readonly score: number } | undefined {
  const byRule = Map.groupBy(counted, ({ ruleId }) => ruleId)
  const scoreItems = (below: readonly (Group | Rule)[]): number | undefined => {
    let weighted = 0
    let weights = 0
    let count = 0
    for (const item of below) {
      for (const { score, weight } of scoresOf(item)) {
        weighted += score * weight
        weights += weight
        count += 1
      }
    }
    if (count === 0) return undefined
    // What has no weight counts all the same (XCCDF 1.2, 7.3.3, default model); of what score, the referee says.
    return weights === 0 ? 0 : weighted / weights
  }
  const scoresOf = (item: Group | Rule): { score: number; weight: number }[] => {
    if (item.kind === 'rule') {
      const results = byRule.get(item.id) ?? []
      const [first] = results
      if (first === undefined) return []
      // However many results a rule has, it weighs once: a feed of 10,000 patches is one rule among others.
      const passed = results.filter(({ result }) => passes(result)).length
      return [{ score: (100 * passed) / results.length, weight: first.weight }]
    }
    const score = scoreItems(item.children)
    return score === undefined ? [] : [{ score, weight: groupWeights[item.id] ?? item.weight }]
  }
  const score = scoreItems(items)
  return score === undefined ? undefined : { score }
}
