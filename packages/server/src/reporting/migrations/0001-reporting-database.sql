-- The reporting database: a star. Facts are rule results and assessments (one asset against one standard in one run);
-- dimensions are assets, standards, rules and jobs. It holds copies: everything can be brought here again.
-- One statement a block; blocks are separated by an empty line.

create table assets (
  asset_id uuid primary key,
  name text not null,
  type text not null,
  folder text not null
);

create table standards (
  standard_id uuid primary key,
  title text not null,
  version text not null,
  folder text not null
);

create table jobs (
  job_id uuid primary key,
  name text not null,
  type text not null
);

-- A rule within its standard. rule_key is this database's own; check_id is the wire's CheckID.
create table rules (
  rule_key integer generated always as identity primary key,
  standard_id uuid not null references standards,
  rule_id text not null,
  check_id uuid not null,
  title text not null,
  severity text not null,
  unique (standard_id, rule_id)
);

-- score: 100 x passed / (passed + failed + unknown), or null. collected_from, collected_to: the age of the evidence.
create table assessments (
  run_id uuid not null,
  job_id uuid not null references jobs,
  asset_id uuid not null references assets,
  standard_id uuid not null references standards,
  evaluated_at timestamptz not null,
  collected_from timestamptz,
  collected_to timestamptz,
  score double precision,
  passed integer not null,
  failed integer not null,
  unknown integer not null,
  not_applicable integer not null,
  manual integer not null,
  primary key (run_id, asset_id, standard_id, evaluated_at)
) partition by range (evaluated_at);

create index assessments_asset on assessments (asset_id, standard_id, evaluated_at desc);

create index assessments_standard on assessments (standard_id, evaluated_at);

-- One row a rule, asset and run. outcome: as XCCDF has it; verdict: passed, failed, unknown, not applicable or manual.
create table rule_results (
  run_id uuid not null,
  asset_id uuid not null,
  rule_key integer not null references rules,
  evaluated_at timestamptz not null,
  outcome text not null,
  verdict text not null,
  primary key (run_id, asset_id, rule_key, evaluated_at)
) partition by range (evaluated_at);

create index rule_results_rule on rule_results (rule_key, evaluated_at);

-- How far each run has been brought here; written in the transaction of the facts.
create table synchronised_runs (
  run_id uuid primary key,
  asset_id uuid,
  standard_id uuid,
  facts bigint not null default 0,
  finished_at timestamptz
);

-- Of each asset and standard, the newest assessment.
create view latest_assessments as
select distinct on (asset_id, standard_id) *
from assessments
order by asset_id, standard_id, evaluated_at desc;

-- Mean score of each standard by day, over the last assessment of each asset on that day.
create view score_trend as
select standard_id, title, day, count(*) as assets, avg(score) as score
from (
  select distinct on (assessments.asset_id, assessments.standard_id, date_trunc('day', evaluated_at))
    assessments.standard_id, standards.title, date_trunc('day', evaluated_at) as day, score
  from assessments join standards using (standard_id)
  order by assessments.asset_id, assessments.standard_id, date_trunc('day', evaluated_at), evaluated_at desc
) as last_of_day
group by standard_id, title, day;

-- How many assets fail each rule at their newest assessment.
create view failed_rules as
select rules.standard_id, rules.rule_id, rules.title, rules.severity, count(*) as assets
from latest_assessments
join rules using (standard_id)
join rule_results
  on rule_results.run_id = latest_assessments.run_id
  and rule_results.asset_id = latest_assessments.asset_id
  and rule_results.rule_key = rules.rule_key
  and rule_results.evaluated_at = latest_assessments.evaluated_at
where verdict = 'failed'
group by rules.standard_id, rules.rule_id, rules.title, rules.severity;

-- How old the evidence behind each asset's newest assessments is.
create view evidence_ages as
select asset_id, assets.name, standard_id, standards.title, collected_from, now() - collected_from as age
from latest_assessments join assets using (asset_id) join standards using (standard_id);
