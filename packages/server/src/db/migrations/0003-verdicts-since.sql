-- Since when each rule of a standard has come to what it comes to now on an asset. outcomes: as in results; since: four
-- bytes a rule, seconds of the epoch, big-endian; both in the order of the content's rules. Written when one changes.
create table verdicts_since (
  asset_id uuid not null references assets on delete cascade,
  standard_id uuid not null references standards on delete cascade,
  content_digest text not null,
  outcomes bytea not null,
  since bytea not null,
  primary key (asset_id, standard_id)
);
