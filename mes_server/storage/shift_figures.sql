-- Figures of shifts that are over: they are closed once, restated by whatever comes later, and every restatement is kept.
-- A unit's live row is locked by whoever closes its shifts and by whoever books its facts.

-- :name open_units
-- Units with shifts that are over and may not be closed: since when, at most so far back, and how far they are.
select u.equipment_id, u.closed_until, greatest(u.since, %(oldest)s::timestamptz) as since
from (
    select l.equipment_id, l.shifts_until as closed_until, coalesce(l.shifts_until, least(
        (select min(m.minute) from production_minute m where m.equipment_id = l.equipment_id),
        (select min(c.at) from state_change c where c.equipment_id = l.equipment_id))) as since
    from equipment_live l
) u
where u.since < %(until)s::timestamptz
order by u.equipment_id

-- :name lock_unit
-- How far a unit's shifts are closed; its facts wait.
select shifts_until from equipment_live where equipment_id = %(unit)s for update

-- :name close_pieces
-- Pieces of shifts that are over, to the minute.
insert into shift_pieces (equipment_id, began, ended, good, scrap)
select %(unit)s, w.began, w.ended, coalesce(m.good, 0), coalesce(m.scrap, 0)
from unnest(%(begans)s::timestamptz[], %(ends)s::timestamptz[]) as w (began, ended)
cross join lateral (
    select sum(good) as good, sum(scrap) as scrap from production_minute
    where equipment_id = %(unit)s and minute >= w.began and minute < w.ended
) m

-- :name close_states
-- Seconds in each state of the same shifts.
insert into shift_state (equipment_id, began, state, seconds)
select %(unit)s, w.began, s.state, s.seconds
from unnest(%(begans)s::timestamptz[], %(ends)s::timestamptz[]) as w (began, ended)
cross join lateral unit_states(%(unit)s::integer, w.began, w.ended) s

-- :name closed_until
-- From here on facts of these shifts restate them.
update equipment_live set shifts_until = %(until)s where equipment_id = %(unit)s

-- :name restate_pieces
-- What the pieces in `tally` made of shifts that were closed. A shift lasts no longer than a day, which may have 25 hours.
with late as (
    select p.equipment_id, p.began, sum(t.good) as good, sum(t.scrap) as scrap, max(t.last_at) as fact_at
    from tally t
    join shift_pieces p on p.equipment_id = t.equipment_id and p.began <= t.minute
        and p.began > t.minute - interval '26 hours' and p.ended > t.minute
    where t.item_id is null
    group by p.equipment_id, p.began
    having sum(t.good) <> 0 or sum(t.scrap) <> 0
), changed as (
    update shift_pieces p set good = p.good + l.good, scrap = p.scrap + l.scrap, restated_at = %(now)s
    from late l where p.equipment_id = l.equipment_id and p.began = l.began
    returning p.equipment_id, p.began, p.ended, l.fact_at, p.good, p.scrap, l.good as good_more, l.scrap as scrap_more
)
insert into shift_restatement (equipment_id, began, ended, figure, before, after, fact_at, ingest_id, command_id, at)
select c.equipment_id, c.began, c.ended, f.figure, f.amount - f.more, f.amount, c.fact_at, %(ingest_id)s::bigint,
    %(command_id)s::uuid, %(now)s
from changed c
cross join lateral (values ('good', c.good, c.good_more), ('scrap', c.scrap, c.scrap_more)) f (figure, amount, more)
where f.more <> 0
order by c.equipment_id, c.began, f.figure

-- :name restate_states
-- What late states, which are among the state changes by now, made of shifts that were closed: of each shift from theirs to
-- that of the next change, the seconds of every state that are others now.
with late as (
    select p.equipment_id, p.began, p.ended, max(g.at) as fact_at
    from unnest(%(units)s::integer[], %(ats)s::timestamptz[]) as g (equipment_id, at)
    cross join lateral (
        select coalesce(min(c.at), 'infinity') as at from state_change c
        where c.equipment_id = g.equipment_id and c.at > g.at) following
    join shift_pieces p on p.equipment_id = g.equipment_id and p.ended > g.at and p.began < following.at
        and p.began > g.at - interval '26 hours'
    group by p.equipment_id, p.began, p.ended
), fresh as (
    select l.equipment_id, l.began, s.state, s.seconds
    from late l cross join lateral unit_states(l.equipment_id, l.began, l.ended) s
), kept as (
    select s.equipment_id, s.began, s.state, s.seconds from late l join shift_state s using (equipment_id, began)
), changed as materialized (
    select equipment_id, began, state, kept.seconds as before, fresh.seconds as after
    from kept full join fresh using (equipment_id, began, state)
    where kept.seconds is distinct from fresh.seconds
), left_out as (
    delete from shift_state s using changed c
    where c.after is null and s.equipment_id = c.equipment_id and s.began = c.began and s.state = c.state
), written as (
    insert into shift_state (equipment_id, began, state, seconds)
    select equipment_id, began, state, after from changed where after is not null
    on conflict (equipment_id, began, state) do update set seconds = excluded.seconds
), marked as (
    update shift_pieces p set restated_at = %(now)s
    from (select distinct equipment_id, began from changed) c
    where p.equipment_id = c.equipment_id and p.began = c.began
)
insert into shift_restatement (equipment_id, began, ended, figure, state, before, after, fact_at, ingest_id, at)
select c.equipment_id, c.began, l.ended, 'state', c.state, coalesce(c.before, 0), coalesce(c.after, 0), l.fact_at,
    %(ingest_id)s, %(now)s
from changed c join late l using (equipment_id, began)
order by c.equipment_id, c.began, c.state

-- :name restatements
-- Figures of closed shifts that changed, newest first, by unit or anything above it.
select r.id, unit.path as equipment, unit.name as equipment_name, r.began as since, r.ended as until, r.figure, r.state,
    r.before, r.after, r.fact_at, r.at, r.ingest_id, r.command_id::text as command_id, person.name as person
from shift_restatement as r
join equipment as unit on unit.id = r.equipment_id
left join command as c on c.id = r.command_id
left join person on person.id = c.person_id
where (%(equipment)s::text is null or unit.path = %(equipment)s or unit.path like %(below)s)
    and (%(figure)s::text is null or r.figure = %(figure)s)
    and (%(since)s::timestamptz is null or r.began >= %(since)s)
    and (%(until)s::timestamptz is null or r.began < %(until)s)
    and (%(before)s::bigint is null or r.id < %(before)s)
order by r.id desc
limit %(limit)s
