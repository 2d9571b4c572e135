-- The production store. One statement a block; blocks are separated by an empty line.
-- Names ending in _key are the lower-case form of what they follow, for comparisons without regard to case.
-- Instants are timestamptz; the database's clock is the only clock of the engine.

create table folders (
  id uuid primary key,
  path text not null,
  path_key text not null unique,
  predefined boolean not null default false
);

-- tasks and folders: JSON arrays of task names and folder paths; a folder's grant reaches everything below it.
create table roles (
  name text primary key,
  name_key text not null unique,
  tasks jsonb not null,
  folders jsonb not null,
  predefined boolean not null
);

create table users (
  id uuid primary key,
  name text not null,
  name_key text not null unique,
  password_hash text not null,
  disabled boolean not null default false,
  created_at timestamptz not null default now()
);

create table user_roles (
  user_id uuid not null references users on delete cascade,
  role_name text not null references roles (name) on delete cascade,
  primary key (user_id, role_name)
);

-- Folders given to a user beyond those of the roles.
create table user_folders (
  user_id uuid not null references users on delete cascade,
  folder_id uuid not null references folders on delete cascade,
  primary key (user_id, folder_id)
);

-- hash: SHA-256 of the token. A refresh token that is used is spent; using it again revokes its family.
create table tokens (
  hash bytea primary key,
  kind text not null check (kind in ('access', 'refresh')),
  family uuid not null,
  user_id uuid not null references users on delete cascade,
  issued_at timestamptz not null default now(),
  expires_at timestamptz not null,
  spent_at timestamptz
);

create index tokens_family on tokens (family);

create index tokens_expires on tokens (expires_at);

-- Failed logins by account and by address; a row is dropped when its window has passed.
create table login_failures (
  subject text primary key,
  failures integer not null,
  window_ends_at timestamptz not null
);

-- Records are written unsealed inside the transaction they record; the sealer gives them their place in the hash chain.
create table audit_records (
  id uuid primary key,
  seq bigint unique,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  target text not null,
  outcome text not null,
  detail jsonb not null,
  hash bytea
);

create index audit_records_unsealed on audit_records (at) where seq is null;

create index audit_records_at on audit_records (at);

-- attributes: attribute id -> string or array of strings, as given. address: how to reach it, e.g. {"transport":"local"}.
create table assets (
  id uuid primary key,
  type text not null,
  display_name text not null,
  folder_id uuid not null references folders,
  identity_key text not null,
  attributes jsonb not null,
  address jsonb not null,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  deleted_at timestamptz
);

create unique index assets_identity on assets (identity_key) where deleted_at is null;

create index assets_folder on assets (folder_id) where deleted_at is null;

-- A group has members (static) or an expression over attributes (resolved when a run starts).
create table asset_groups (
  id uuid primary key,
  display_name text not null,
  description text not null default '',
  folder_id uuid not null references folders,
  expression text,
  predefined boolean not null default false,
  created_at timestamptz not null default now(),
  unique (folder_id, display_name)
);

create table asset_group_members (
  group_id uuid not null references asset_groups on delete cascade,
  asset_id uuid not null references assets on delete cascade,
  primary key (group_id, asset_id)
);

-- Imported content in compiled form: JSON, zstd, in chunks under 1 MB.
create table contents (
  digest text primary key,
  file_name text not null,
  bytes bigint not null,
  compiled_format integer not null,
  imported_at timestamptz not null default now()
);

create table content_chunks (
  digest text not null references contents on delete cascade,
  seq integer not null,
  body bytea not null,
  primary key (digest, seq)
);

-- One row a standard (profile of a benchmark); it points at the newest content imported for it.
create table standards (
  id uuid primary key,
  content_digest text not null references contents (digest),
  benchmark_id text not null,
  profile_id text,
  title text not null,
  description text not null,
  version text not null,
  author text not null,
  folder_id uuid not null references folders,
  target_type_ids jsonb not null,
  rule_count integer not null,
  predefined boolean not null,
  imported_at timestamptz not null default now()
);

-- definition: the members of JobDetails in our names (jobs/job-definition.ts). revision counts changes; the ETag is made of it.
create table jobs (
  id uuid primary key,
  name text not null,
  name_key text not null unique,
  type text not null,
  category text not null check (category in ('System', 'User-defined')),
  description text not null default '',
  definition jsonb not null,
  revision bigint not null default 1,
  created_by text not null,
  created_at timestamptz not null default now(),
  modified_at timestamptz not null default now(),
  next_run_at timestamptz
);

create index jobs_due on jobs (next_run_at) where next_run_at is not null;

-- snapshot: the job as it was when the run was asked for; start-run adds the standards as they were when it started.
-- due_at: the occurrence of the schedule that made the run. ending: why a run under way is being stopped.
-- synchronise: its results belong in the reporting database; synchronised_at: they are there.
create table job_runs (
  id uuid primary key,
  job_id uuid not null references jobs on delete cascade,
  status text not null,
  ending text check (ending in ('aborted', 'timed out')),
  trigger text not null,
  requested_by text not null,
  snapshot jsonb not null,
  due_at timestamptz,
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  synchronise boolean not null default false,
  synchronised_at timestamptz,
  unique (job_id, due_at)
);

-- One run of a job at a time.
create unique index job_runs_one_active on job_runs (job_id) where ended_at is null;

create index job_runs_latest on job_runs (job_id, queued_at desc, id desc);

create index job_runs_to_synchronise on job_runs (ended_at) where synchronise and synchronised_at is null;

create table job_run_messages (
  run_id uuid not null references job_runs on delete cascade,
  seq bigint generated always as identity,
  at timestamptz not null default now(),
  asset_id uuid,
  phase text not null,
  text text not null,
  primary key (run_id, seq)
);

-- Occurrences that were due while the job's run was under way; the next run takes them as messages.
create table job_skips (
  job_id uuid not null references jobs on delete cascade,
  due_at timestamptz not null,
  primary key (job_id, due_at)
);

-- The next run of the assets that the last run of a job left incomplete (SubSchedule), until when, and for which run.
create table job_reruns (
  job_id uuid primary key references jobs on delete cascade,
  run_id uuid not null references job_runs on delete cascade,
  due_at timestamptz not null,
  until_at timestamptz
);

create index job_reruns_due on job_reruns (due_at);

-- The assets of a run. attempt is the fence: a worker that lost its lease no longer matches it.
create table run_assets (
  run_id uuid not null references job_runs on delete cascade,
  asset_id uuid not null references assets,
  state text not null,
  attempt integer not null default 0,
  reason text,
  message text,
  evidence_id uuid,
  started_at timestamptz,
  ended_at timestamptz,
  primary key (run_id, asset_id)
);

create index run_assets_open on run_assets (run_id) where ended_at is null;

-- Everything known of an asset at one moment. parts: which objects of which packs, and when each was collected:
-- what did not change since is in an older pack. digest: of the system information and the objects, without their times.
create table evidence (
  id uuid primary key,
  asset_id uuid not null references assets,
  run_id uuid,
  collected_at timestamptz not null,
  complete boolean not null,
  plan_digest text not null,
  digest text not null,
  system_info jsonb not null,
  parts jsonb not null
);

create index evidence_newest on evidence (asset_id, collected_at desc, id desc);

-- Collected objects of one asset that were new or different at one collection: JSON, zstd, in chunks under 1 MB.
create table evidence_packs (
  id uuid not null,
  seq integer not null,
  asset_id uuid not null references assets,
  body bytea not null,
  primary key (id, seq)
);

create index evidence_packs_asset on evidence_packs (asset_id);

-- outcomes: one byte a rule in the order of the standard's rule list. detail_digest: what explains them, shared by
-- digest, so that an unchanged asset costs a row of a few hundred bytes. collected_from/to: the age of the evidence used.
create table results (
  run_id uuid not null references job_runs on delete cascade,
  asset_id uuid not null references assets,
  standard_id uuid not null references standards,
  standard_version text not null,
  content_digest text not null,
  evidence_id uuid,
  collected_from timestamptz,
  collected_to timestamptz,
  evaluated_at timestamptz not null default now(),
  counts jsonb not null,
  score double precision,
  outcomes bytea not null,
  detail_digest bytea not null,
  primary key (run_id, asset_id, standard_id)
);

create index results_latest on results (asset_id, standard_id, evaluated_at desc);

create index results_detail on results (detail_digest);

-- JSON, zstd, in chunks under 1 MB.
create table result_details (
  digest bytea not null,
  seq integer not null,
  body bytea not null,
  created_at timestamptz not null default now(),
  primary key (digest, seq)
);

-- Mail to send, written in the transaction that ends the run. message_id stays the same over all tries.
create table outbox (
  id uuid primary key,
  run_id uuid not null references job_runs on delete cascade,
  kind text not null,
  message_id text not null,
  message jsonb not null,
  attempts integer not null default 0,
  last_error text,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  given_up_at timestamptz,
  unique (run_id, kind)
);

create table settings (
  name text primary key,
  value jsonb not null
);
