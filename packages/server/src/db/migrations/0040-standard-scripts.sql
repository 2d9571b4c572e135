-- Whether scripts of the content (SCE) may run on assets for this standard. Of another content it says nothing: a new
-- import brings other scripts, and has to be allowed again.
alter table standards add column allows_scripts boolean not null default false;
