-- Groups that an import keeps: their members are those that the inventory has.
alter table asset_groups add column imported boolean not null default false;

-- Inventories that asset import jobs hold, by the digest of their text; jobs and the snapshots of their runs name it.
create table inventories (
  digest text not null,
  seq integer not null,
  body bytea not null,
  created_at timestamptz not null default now(),
  primary key (digest, seq)
);
