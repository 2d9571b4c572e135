import { whyDifferent } from './documented.ts'
import type { Verdicts } from './scanners.ts'

export interface Difference {
  /** The rule, what we say and what the referee says. */
  readonly line: string
  readonly clause: string | undefined
}

/** How many rules the referee was asked, and those of which we say something else. */
export function compareVerdicts(
  place: string,
  ours: Verdicts,
  theirs: Verdicts,
): { rules: number; differences: Difference[] } {
  const differences = [...new Set([...theirs.keys(), ...ours.keys()])].flatMap((rule) => {
    const [mine, referee] = [ours, theirs].map((verdicts) => verdicts.get(rule) ?? 'notselected')
    if (mine === undefined || referee === undefined || mine === referee) return []
    const line = `${rule.replace(/^.*_rule_/, '')}: ${mine}, oscap ${referee}`
    return [{ line, clause: whyDifferent(place, rule, mine, referee) }]
  })
  return { rules: [...theirs.values()].filter((result) => result !== 'notselected').length, differences }
}
