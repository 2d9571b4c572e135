-- By which a jump host that is an asset is found (findAssetAt).
create index assets_by_ssh_address on assets (lower(address ->> 'host'), (address -> 'port'))
  where deleted_at is null and address ->> 'transport' = 'ssh';
