import type { Asked } from './asked.ts'
import { whyDifferent } from './documented.ts'
import type { Verdicts } from './scanners.ts'

export interface Difference {
  /** The rule, what we say and what the referee says. */
  readonly line: string
  readonly clause: string | undefined
}

/** Two scans of one place, and what is to be known of a rule on which they differ. */
export interface Comparison {
  readonly place: string
  readonly ours: Verdicts
  /** What we said when we looked once more, after the referee. */
  readonly again?: Verdicts
  readonly theirs: Verdicts
  readonly askedBy: (rule: string) => Asked
  /** The account that scanned was denied what the rule asks for, and not by our word alone. */
  readonly wasDenied: (rule: string) => boolean
}

/** How many rules either of them selected, on how many both say the same, and the others. */
export function compareVerdicts({ place, ours, again, theirs, askedBy, wasDenied }: Comparison): {
  rules: number
  equal: number
  differences: Difference[]
} {
  const differences: Difference[] = []
  let equal = 0
  for (const rule of new Set([...theirs.keys(), ...ours.keys()])) {
    const mine = ours.get(rule) ?? 'notselected'
    const referee = theirs.get(rule) ?? 'notselected'
    if (mine === referee) {
      if (mine !== 'notselected') equal += 1
      continue
    }
    const name = rule.replace(/^.*_rule_/, '')
    if (again?.get(rule) === referee) {
      differences.push({ line: `${name}: ${mine}, then ${referee}, oscap ${referee}`, clause: changed })
      continue
    }
    const clause = whyDifferent({
      place,
      rule,
      ours: mine,
      referee,
      asked: askedBy(rule),
      wasDenied: () => wasDenied(rule),
    })
    differences.push({ line: `${name}: ${mine}, oscap ${referee}`, clause })
  }
  return { rules: equal + differences.length, equal, differences }
}

const changed = 'the asset changed before the referee looked: after it we say the same'
