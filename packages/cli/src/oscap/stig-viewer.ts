import type { ReportInput } from '@plumbline/scap'

/** References that DISA's ids stand in. */
const stigReference = /^https?:\/\/(iase\.disa\.mil\/stigs|public\.cyber\.mil\/stigs|www\.cyber\.mil\/stigs)\//

/**
 * STIG Viewer finds rules by DISA's ids, which content gives as references: a rule's results are repeated under each of
 * them, and rules without any are left out.
 */
export function forStigViewer(input: ReportInput): ReportInput {
  const { source: _, ...rest } = input
  const rules = input.result.rules.flatMap((rule) =>
    rule.rule.references
      .filter(({ href, text }) => stigReference.test(href) && /^(SV-\d+r\d+_rule|xccdf_.*_rule_SV-)/.test(text))
      .map(({ text }) => ({ ...rule, ruleId: text })),
  )
  return { ...rest, result: { ...input.result, rules } }
}
