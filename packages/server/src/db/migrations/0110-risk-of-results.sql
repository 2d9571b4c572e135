-- The base scores of the checks that failed and that no waiver exempted when the result was made: how many there are, their
-- sum, the greatest. Null: nothing could be collected, or the result is older than this.
alter table results
  add column risk_count integer,
  add column risk_sum double precision,
  add column risk_max double precision;
