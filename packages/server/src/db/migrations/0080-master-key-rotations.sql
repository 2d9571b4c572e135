-- The rotation of the master key that is under way: the new key, sealed with the one before it, for the processes that run.
create table master_key_rotations (
  sole boolean primary key default true check (sole),
  key_mark bytea not null,
  sealed_key bytea not null
);

-- Processes that have the new key.
create table master_key_holders (process text primary key);
