-- How many of a run's assets have been given their task: a start that is tried again goes on from there.
alter table job_runs add column tasks_made integer not null default 0;
