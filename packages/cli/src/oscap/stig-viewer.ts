import type { ReportInput } from '@plumbline/scap'

/** By these references content gives the ids of DISA; the first two as the referee knows them. */
const stigReferences: ReadonlySet<string> = new Set([
  'http://iase.disa.mil/stigs/Pages/stig-viewing-guidance.aspx',
  'https://public.cyber.mil/stigs/srg-stig-tools/',
  'https://www.cyber.mil/stigs/srg-stig-tools/',
])

/**
 * STIG Viewer finds rules by DISA's ids, which content gives as references: a rule's results are repeated under each of
 * them, and rules without any are left out.
 */
export function forStigViewer(input: ReportInput): ReportInput {
  const rules = input.result.rules.flatMap((rule) =>
    rule.rule.references.filter(({ href }) => stigReferences.has(href)).map(({ text }) => ({ ...rule, ruleId: text })),
  )
  return { ...input, result: { ...input.result, rules } }
}
