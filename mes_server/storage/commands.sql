-- :name claim
-- Takes an idempotency key; waits for a parallel request with the same key, and gives no row when that one booked.
insert into command (id, kind, input_hash, given, person_id, station, at, answer)
values (%(id)s, %(kind)s, %(input_hash)s, %(given)s, %(person_id)s, %(station)s, %(at)s, 'null')
on conflict (id) do nothing
returning id

-- :name stored
-- What was booked under a key.
select input_hash, answer from command where id = %(id)s

-- :name answer
-- Keeps the answer for whoever sends the same key again.
update command set answer = %(answer)s where id = %(id)s
