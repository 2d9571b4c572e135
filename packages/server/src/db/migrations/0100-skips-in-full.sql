-- An occurrence that was skipped, the last one that passed with it, and when that was.
alter table job_skips add column last_due_at timestamptz, add column skipped_at timestamptz not null default now();

update job_skips set last_due_at = due_at, skipped_at = due_at;

alter table job_skips alter column last_due_at set not null;
