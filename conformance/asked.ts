import {
  mentionedBy,
  ovalSystem,
  scriptSystem,
  type BenchmarkContent,
  type Rule,
  type RuleCheck,
} from '@plumbline/scap'

/** What a rule asks of an asset, by its content alone. */
export interface Asked {
  /** The test types of all objects that its definitions reach, through variables and filters too. */
  readonly testTypes: ReadonlySet<string>
  /** A walk over files stops where another file system is mounted, so it has to know where that is. */
  readonly asksForMounts: boolean
  /** It has a script and no definition that would do instead. */
  readonly isScript: boolean
}

/** What the rule of this id asks, in whichever of these benchmarks it is. */
export function askedBy(benchmarks: readonly BenchmarkContent[], ruleId: string): Asked {
  const testTypes = new Set<string>()
  let asksForMounts = false
  let isScript = false
  for (const content of benchmarks) {
    for (const rule of rulesOf(content.benchmark.items).filter(({ id }) => id === ruleId)) {
      const checks = checksOf(rule)
      const isOval = checks.some(({ system }) => system === ovalSystem)
      isScript ||= !isOval && checks.some(({ system }) => system === scriptSystem)
      for (const { href, name } of checks.flatMap(({ contentRefs }) => contentRefs)) {
        const document = Object.hasOwn(content.oval, href) ? content.oval[href] : undefined
        if (document === undefined) continue
        for (const id of mentionedBy(document, name === undefined ? Object.keys(document.definitions) : [name])
          .objects) {
          const object = document.objects[id]
          if (object === undefined) continue
          testTypes.add(object.testType)
          asksForMounts ||= ['defined', 'local'].includes(object.behaviors['recurse_file_system'] ?? '')
        }
      }
    }
  }
  return { testTypes, asksForMounts, isScript }
}

function rulesOf(items: BenchmarkContent['benchmark']['items']): Rule[] {
  return items.flatMap((item) => (item.kind === 'rule' ? [item] : rulesOf(item.children)))
}

function checksOf({ checks, complexCheck }: Rule): RuleCheck[] {
  const inside = (check: RuleCheck | NonNullable<Rule['complexCheck']>): RuleCheck[] =>
    check.kind === 'check' ? [check] : check.children.flatMap(inside)
  return complexCheck === undefined ? [...checks] : inside(complexCheck)
}
