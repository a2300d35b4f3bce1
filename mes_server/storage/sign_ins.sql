-- :name lock_failures
-- The failures of a badge or station, locked; others who try the same wait.
insert into sign_in_failure (kind, name, first_at, last_at) values (%(kind)s, %(name)s, %(now)s, %(now)s)
on conflict (kind, name) do update set name = excluded.name
returning failures, first_at, locked_until

-- :name keep_failures
-- Keeps what is known of a badge's or station's failures.
update sign_in_failure set failures = %(failures)s, first_at = %(first_at)s, last_at = %(now)s,
    locked_until = %(locked_until)s
where kind = %(kind)s and name = %(name)s

-- :name forget_failures
-- A badge that signed in has no failures.
delete from sign_in_failure where kind = %(kind)s and name = %(name)s

-- :name trim_failures
-- Bounds the table: the names that failed longest ago are forgotten.
delete from sign_in_failure where (kind, name) in (
    select kind, name from sign_in_failure order by last_at desc offset %(keep)s for update skip locked)

-- :name open
-- A person signed in at a station, through a program's token.
insert into sign_in (person_id, station, token, at, until)
values (%(person_id)s, %(station)s, %(token)s, %(now)s, %(until)s)
on conflict (person_id, station, token) do update set at = excluded.at, until = excluded.until

-- :name is_open
-- Whether a person's sign-in at a station lasts.
select true from sign_in
where person_id = %(person_id)s and station = %(station)s and token = %(token)s and until > %(now)s

-- :name trim
-- Forgets sign-ins that are over.
delete from sign_in where until <= %(now)s
