-- A command keeps what was asked for, in words: reasons and overrides stay with who gave them.
alter table command add column given jsonb not null default '{}';
