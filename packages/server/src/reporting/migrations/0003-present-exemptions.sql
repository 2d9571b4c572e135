-- Facts say what a waiver exempted when it was found. A waiver that was approved, withdrawn or over since then is here: of
-- newest assessments, what is exempted now, where that differs from the facts. Written by each synchronisation that is asked
-- for or scheduled; the row of an assessment that is not the newest any more means nothing.
create table present_exemptions (
  asset_id uuid not null references assets,
  standard_id uuid not null references standards,
  run_id uuid not null,
  rule_keys integer[] not null,
  adjusted_score double precision,
  primary key (asset_id, standard_id)
);

-- Of each asset and standard, the newest assessment, with the waivers in force now.
create or replace view latest_assessments as
select run_id, job_id, asset_id, standard_id, evaluated_at, collected_from, collected_to, score, passed, failed, unknown,
  not_applicable, manual,
  case when present.run_id is null then exempted else cardinality(rule_keys) end as exempted,
  case when present.run_id is null then newest.adjusted_score else present.adjusted_score end as adjusted_score
from (
  select distinct on (asset_id, standard_id) *
  from assessments
  order by asset_id, standard_id, evaluated_at desc
) as newest
left join present_exemptions as present using (run_id, asset_id, standard_id);

-- waived: on how many of these assets the failure is exempted now.
create or replace view failed_rules as
select rules.standard_id, rules.rule_id, rules.title, rules.severity, count(*) as assets,
  count(*) filter (where case when present.run_id is null then waived else rules.rule_key = any(rule_keys) end) as waived
from latest_assessments
join rules using (standard_id)
join rule_results
  on rule_results.run_id = latest_assessments.run_id
  and rule_results.asset_id = latest_assessments.asset_id
  and rule_results.rule_key = rules.rule_key
  and rule_results.evaluated_at = latest_assessments.evaluated_at
left join present_exemptions as present
  on present.run_id = latest_assessments.run_id
  and present.asset_id = latest_assessments.asset_id
  and present.standard_id = latest_assessments.standard_id
where verdict = 'failed'
group by rules.standard_id, rules.rule_id, rules.title, rules.severity;
