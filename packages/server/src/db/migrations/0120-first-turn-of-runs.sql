-- Where a run begins to take turns with others: at the turn that those had come to when it started.
alter table job_runs add column first_turn integer not null default 0;
