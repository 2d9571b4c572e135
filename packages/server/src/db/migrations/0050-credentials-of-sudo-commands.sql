-- An account that asks sudo for single commands.
alter table credentials drop constraint credentials_elevation_check,
  add constraint credentials_elevation_check check (elevation in ('none', 'sudo', 'sudo-commands', 'su'));
