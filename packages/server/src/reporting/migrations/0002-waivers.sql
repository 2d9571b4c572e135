-- Beside what was found: what a waiver exempted when it was found, and the score with that counted as passed.

alter table assessments add column exempted integer not null default 0;

alter table assessments add column adjusted_score double precision;

update assessments set adjusted_score = score;

alter table rule_results add column waived boolean not null default false;

create or replace view latest_assessments as
select distinct on (asset_id, standard_id) *
from assessments
order by asset_id, standard_id, evaluated_at desc;

create or replace view score_trend as
select standard_id, title, day, count(*) as assets, avg(score) as score, avg(adjusted_score) as adjusted_score
from (
  select distinct on (assessments.asset_id, assessments.standard_id, date_trunc('day', evaluated_at))
    assessments.standard_id, standards.title, date_trunc('day', evaluated_at) as day, score, adjusted_score
  from assessments join standards using (standard_id)
  order by assessments.asset_id, assessments.standard_id, date_trunc('day', evaluated_at), evaluated_at desc
) as last_of_day
group by standard_id, title, day;

-- waived: on how many of these assets the failure is exempted.
create or replace view failed_rules as
select rules.standard_id, rules.rule_id, rules.title, rules.severity, count(*) as assets,
  count(*) filter (where waived) as waived
from latest_assessments
join rules using (standard_id)
join rule_results
  on rule_results.run_id = latest_assessments.run_id
  and rule_results.asset_id = latest_assessments.asset_id
  and rule_results.rule_key = rules.rule_key
  and rule_results.evaluated_at = latest_assessments.evaluated_at
where verdict = 'failed'
group by rules.standard_id, rules.rule_id, rules.title, rules.severity;
