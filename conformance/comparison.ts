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
  readonly theirs: Verdicts
  readonly askedBy: (rule: string) => Asked
  /** The account that scanned was denied what the rule asks for, and not by our word alone. */
  readonly wasDenied: (rule: string) => boolean
}

/** How many rules either of them selected, on how many both say the same, and the others. */
export function compareVerdicts({ place, ours, theirs, askedBy, wasDenied }: Comparison): {
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
    const line = `${rule.replace(/^.*_rule_/, '')}: ${mine}, oscap ${referee}`
    const clause = whyDifferent({
      place,
      rule,
      ours: mine,
      referee,
      asked: askedBy(rule),
      wasDenied: () => wasDenied(rule),
    })
    differences.push({ line, clause })
  }
  return { rules: equal + differences.length, equal, differences }
}
