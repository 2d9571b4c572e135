-- Accepted exceptions: of a rule of a standard, on an asset, on the members of a group, or on all assets, for a time.
-- In force from when it is approved (or starts_at, if that is later) until ends_at, or until it is withdrawn.
-- A group that is deleted leaves the waiver without one: it then reaches nothing.
-- reach: the folders (lower case) on which the one who approved it had a permission then; beyond them it reaches no asset.
create table waivers (
  id uuid primary key,
  state text not null check (state in ('Requested', 'Approved', 'Denied', 'Withdrawn')),
  standard_id uuid not null references standards,
  rule_id text not null,
  rule_title text not null,
  scope text not null check (scope in ('asset', 'group', 'all')),
  asset_id uuid references assets,
  group_id uuid references asset_groups on delete set null,
  reason text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  requested_by text not null,
  requested_at timestamptz not null default now(),
  decided_by text,
  decided_at timestamptz,
  comment text not null default '',
  reach jsonb not null default '[]',
  ended_by text,
  ended_at timestamptz,
  check (ends_at > starts_at)
);

create index waivers_rules on waivers (standard_id, ends_at);

create index waivers_latest on waivers (requested_at, id);

-- Beside what was found, never in it: which waiver was in force on which rule when the result was made (rule id ->
-- waiver id, of rules that a waiver exempts), and the score with these counted as passed. Null: none was.
alter table results add column waived jsonb;

alter table results add column adjusted_score double precision;

-- How long runs took lately, for monitoring; what is too old, for the purge.
create index job_runs_ended on job_runs (ended_at);
