-- What the reading of an asset took on the network; null where none was read over it.
alter table run_assets add column traffic jsonb;
