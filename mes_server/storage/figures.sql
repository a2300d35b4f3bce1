-- Figures of units between edges that follow each other (shifts, days, hours): what is kept of closed shifts is read, what is
-- not is added up from hours, or from minutes and state changes where an edge is not a whole hour of UTC.

-- :name kept_pieces
-- Pieces of closed shifts that lie between two edges. A row a unit, its figures in one text: number of the edge, good, scrap,
-- because thousands of rows take longer to bring over than to read.
select p.equipment_id, string_agg(w.nr || ' ' || p.good || ' ' || p.scrap, ' '),
    coalesce(array_agg(w.nr) filter (where p.restated_at is not null), '{}'),
    coalesce(array_agg(p.restated_at) filter (where p.restated_at is not null), '{}')
from unnest(%(begans)s::timestamptz[], %(ends)s::timestamptz[]) with ordinality as w (began, ended, nr)
join shift_pieces p using (began, ended)
where p.equipment_id = any(%(units)s::integer[]) and p.began >= %(first)s and p.began < %(last)s
group by p.equipment_id

-- :name kept_states
-- Seconds of the same shifts in each state; a row a unit and state.
select s.equipment_id, s.state, string_agg(w.nr || ' ' || s.seconds, ' ')
from unnest(%(begans)s::timestamptz[], %(ends)s::timestamptz[]) with ordinality as w (began, ended, nr)
join shift_state s using (began)
where s.equipment_id = any(%(units)s::integer[]) and s.began >= %(first)s and s.began < %(last)s
group by s.equipment_id, s.state

-- :name pieces_by_hour
-- Pieces of units in windows that begin and end with an hour.
select w.nr, h.good, h.scrap
from unnest(%(units)s::integer[], %(begans)s::timestamptz[], %(ends)s::timestamptz[])
    with ordinality as w (unit, began, ended, nr)
cross join lateral (
    select sum(good) as good, sum(scrap) as scrap from production_hour
    where equipment_id = w.unit and hour >= w.began and hour < w.ended
) h
where h.good is not null

-- :name pieces_by_minute
-- The same in any other windows.
select w.nr, m.good, m.scrap
from unnest(%(units)s::integer[], %(begans)s::timestamptz[], %(ends)s::timestamptz[])
    with ordinality as w (unit, began, ended, nr)
cross join lateral (
    select sum(good) as good, sum(scrap) as scrap from production_minute
    where equipment_id = w.unit and minute >= w.began and minute < w.ended
) m
where m.good is not null

-- :name states_by_hour
-- Seconds in each state, of hours that are rolled up.
select w.nr, h.state, h.seconds
from unnest(%(units)s::integer[], %(begans)s::timestamptz[], %(ends)s::timestamptz[])
    with ordinality as w (unit, began, ended, nr)
cross join lateral (
    select state, sum(seconds) as seconds from state_hour
    where equipment_id = w.unit and hour >= w.began and hour < w.ended
    group by state
) h

-- :name states_themselves
-- Seconds in each state up to now, from the states themselves: all of it, or what the hours do not have yet.
select w.nr, s.state, s.seconds
from unnest(%(units)s::integer[], %(begans)s::timestamptz[], %(ends)s::timestamptz[])
    with ordinality as w (unit, began, ended, nr)
left join state_rolled r on r.equipment_id = w.unit and %(after_hours)s
cross join lateral (
    select greatest(w.began, r.until) as began, least(w.ended, %(now)s::timestamptz) as ended) x
cross join lateral unit_states(w.unit, x.began, x.ended) s
where x.began < x.ended
