-- How assets are logged in to. sealed: the secrets, AES-256-GCM under the master key; kinds: which ones there are.
create table credentials (
  id uuid primary key,
  name text not null,
  name_key text not null unique,
  user_name text not null,
  kinds jsonb not null,
  elevation text not null check (elevation in ('none', 'sudo', 'su')),
  sealed bytea not null,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);

-- What a credential is for: an asset, a group or a folder; each of them has one.
create table credential_uses (
  credential_id uuid not null references credentials on delete cascade,
  asset_id uuid unique references assets on delete cascade,
  group_id uuid unique references asset_groups on delete cascade,
  folder_id uuid unique references folders on delete cascade,
  check (num_nonnulls(asset_id, group_id, folder_id) = 1)
);

create index credential_uses_credential on credential_uses (credential_id);

-- The keys that hosts have shown, and those that were approved. host: name, or [name]:port.
create table host_keys (
  host text not null,
  key bytea not null,
  shown_at timestamptz not null default now(),
  approved_at timestamptz,
  approved_by text,
  primary key (host, key)
);
