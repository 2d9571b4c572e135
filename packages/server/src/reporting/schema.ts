import type { ColumnType, Generated } from 'kysely'

type Instant = ColumnType<string, string | Date, string | Date>
type InstantOrNull = ColumnType<string | null, string | Date | null, string | Date | null>

/** The tables of the reporting database; its views are for people and their tools. */
export interface ReportingTables {
  assets: { asset_id: string; name: string; type: string; folder: string }
  standards: { standard_id: string; title: string; version: string; folder: string }
  jobs: { job_id: string; name: string; type: string }
  rules: {
    rule_key: Generated<number>
    standard_id: string
    rule_id: string
    check_id: string
    title: string
    severity: string
  }
  assessments: {
    run_id: string
    job_id: string
    asset_id: string
    standard_id: string
    evaluated_at: Instant
    collected_from: InstantOrNull
    collected_to: InstantOrNull
    score: number | null
    passed: number
    failed: number
    unknown: number
    not_applicable: number
    manual: number
    exempted: Generated<number>
    adjusted_score: number | null
  }
  rule_results: {
    run_id: string
    asset_id: string
    rule_key: number
    evaluated_at: Instant
    outcome: string
    verdict: string
    waived: Generated<boolean>
  }
  synchronised_runs: {
    run_id: string
    asset_id: string | null
    standard_id: string | null
    facts: ColumnType<string, string | number | undefined, string | number>
    finished_at: InstantOrNull
  }
}
