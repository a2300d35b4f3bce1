-- Figures of units between edges that follow each other (shifts, days, hours): what is kept of closed shifts is read, what is
-- not is added up from hours, and from minutes and state changes where an edge divides an hour of UTC.

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

-- :name pieces
-- Pieces of units in windows: of the hours that lie wholly within, and of the minutes before and after those.
select w.nr, sum(p.good), sum(p.scrap)
from unnest(%(units)s::integer[], %(begans)s::timestamptz[], %(ends)s::timestamptz[])
    with ordinality as w (unit, began, ended, nr)
cross join lateral (
    select date_trunc('hour', w.began + interval '1 hour' - interval '1 microsecond') as first,
        date_trunc('hour', w.ended) as last
) h
cross join lateral (
    select good, scrap from production_hour where equipment_id = w.unit and hour >= h.first and hour < h.last
    union all
    select good, scrap from production_minute
    where equipment_id = w.unit and minute >= w.began and minute < least(h.first, w.ended)
    union all
    select good, scrap from production_minute
    where equipment_id = w.unit and minute >= greatest(h.first, h.last) and minute < w.ended
) p
group by w.nr

-- :name states
-- Seconds in each state up to now: of the hours that lie wholly within and are rolled up, and of the rest from the states
-- themselves.
select w.nr, s.state, sum(s.seconds)
from unnest(%(units)s::integer[], %(begans)s::timestamptz[], %(ends)s::timestamptz[])
    with ordinality as w (unit, began, ended, nr)
left join state_rolled r on r.equipment_id = w.unit
cross join lateral (
    select date_trunc('hour', w.began + interval '1 hour' - interval '1 microsecond') as first,
        date_trunc('hour', w.ended) as last
) h
cross join lateral (
    select state, seconds from state_hour where equipment_id = w.unit and hour >= h.first and hour < h.last
    union all
    select u.state, u.seconds
    from (values (w.began, least(h.first, w.ended)), (greatest(h.first, r.until), h.last), (greatest(h.first, h.last), w.ended))
        as v (began, until)
    cross join lateral (select least(v.until, %(now)s::timestamptz) as ended) x
    cross join lateral unit_states(w.unit, v.began, x.ended) u
    where v.began < x.ended
) s
group by w.nr, s.state
