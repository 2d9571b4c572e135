-- The release that evaluated a result; null for results of releases that did not note it.
alter table results add column engine text;
