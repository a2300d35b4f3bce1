-- The plant of the query benchmark: 50 lines, 30 days, 500 orders in chains of ten levels, as many events as asked for, set by
-- set; and the same questions put to the raw events and postings.
-- Event k of a line: of each 20, 14 are good counts of 2 pieces, one a rejected piece, three weighings of 1 kg, two states.

-- :name plant
-- Lines, items, lots, orders, runs; each line makes the item one level above that of the line before it.
insert into site (code, name, time_zone) values ('bench', '{}', 'UTC');
insert into location (code, name, kind) select 'LS' || n, '{}', 'line_side' from generate_series(0, 49) n;
insert into location (code, name, kind) select 'OUT' || n, '{}', 'finished' from generate_series(0, 49) n;
insert into item (code, name, unit, procurement)
select 'M' || n, '{}'::jsonb, 'pcs', 'make' from generate_series(0, 49) n
union all select 'RAW' || n, '{}'::jsonb, 'kg', 'buy' from generate_series(0, 49) n;
insert into equipment (path, level, name, line_side_id, output_id, ideal_cycle_s)
select format('bench/a/l%%s/u', n), 'unit', '{}', s.id, o.id, 5
from generate_series(0, 49) n join location s on s.code = 'LS' || n join location o on o.code = 'OUT' || n;
insert into signal (equipment_id, name, role, item_id)
select e.id, v.name, v.role, case v.role when 'consumed' then i.id end
from generate_series(0, 49) n
join equipment e on e.path = format('bench/a/l%%s/u', n) join item i on i.code = 'RAW' || n
cross join (values ('good', 'good'), ('scrap', 'scrap'), ('resin', 'consumed'), ('state', 'state')) v (name, role);
insert into lot (item_id, code, received_at)
select i.id, format('M%%s-%%s', n, j), %(start)s + j * interval '3 days'
from generate_series(0, 49) n join item i on i.code = 'M' || n cross join generate_series(0, 9) j
union all
select i.id, format('RAW%%s-%%s', n, j), %(start)s
from generate_series(0, 49) n join item i on i.code = 'RAW' || n cross join generate_series(0, 9) j;
insert into work_order (number, item_id, quantity, due_at, created_at)
select format('WO-%%s-%%s', n, j), i.id, 1000000, %(start)s + (j + 1) * interval '3 days', %(start)s
from generate_series(0, 49) n join item i on i.code = 'M' || n cross join generate_series(0, 9) j;
insert into work_order_operation (work_order_id, equipment_id, state, output_lot_id, released_at, started_at)
select w.id, e.id, case j when 9 then 'running' else 'closed' end, t.id, %(start)s,
    %(start)s + j * interval '3 days' + interval '1 hour'
from generate_series(0, 49) n cross join generate_series(0, 9) j
join equipment e on e.path = format('bench/a/l%%s/u', n)
join work_order w on w.number = format('WO-%%s-%%s', n, j)
join lot t on t.item_id = w.item_id and t.code = format('M%%s-%%s', n, j);
insert into operation_run (operation_id, equipment_id, started_at, ended_at)
select o.id, o.equipment_id, o.started_at, case o.state when 'closed' then w.due_at end
from work_order_operation o join work_order w on w.id = o.work_order_id;
create table bench_unit as
select n as nr, e.id as unit, e.line_side_id as side, e.output_id as output, max(s.id) filter (where s.name = 'good') as good,
    max(s.id) filter (where s.name = 'scrap') as scrap, max(s.id) filter (where s.name = 'resin') as resin,
    max(s.id) filter (where s.name = 'state') as state
from generate_series(0, 49) n join equipment e on e.path = format('bench/a/l%%s/u', n)
join signal s on s.equipment_id = e.id group by 1, 2, 3, 4;
create table bench_order as
select u.nr, j, o.id as operation, o.output_lot_id as lot, w.item_id as item, raw.id as raw_lot, raw.item_id as raw_item
from bench_unit u cross join generate_series(0, 9) j
join work_order w on w.number = format('WO-%%s-%%s', u.nr, j) join work_order_operation o on o.work_order_id = w.id
join lot raw on raw.code = format('RAW%%s-%%s', u.nr, j);
insert into source (agent, outbox_epoch, through) values ('bench', 1, %(events)s);
analyze

-- :name events
-- Events lo..hi. The first hour of every third day is change-over, its facts belong to no order.
insert into event (ingest_id, source_id, seq, kind, quality, equipment_id, signal_id, operation_id, at, arrived_at, epoch,
    total, step)
select x.n / 5000 + 1, 1, x.n + 1,
    case when x.r < 15 then 'c' when x.r < 18 then 'w' else 's' end::"char", 'g',
    u.unit, case when x.r = 7 then u.scrap when x.r < 15 then u.good when x.r < 18 then u.resin else u.state end,
    case when x.at >= %(start)s + x.j * interval '3 days' + interval '1 hour' then o.operation end,
    x.at, x.at, 1,
    case when x.r = 7 then x.k / 20 + 1
        when x.r < 15 then 2 * ((x.k / 20) * 14 + x.r + 1 - (x.r > 7)::int)
        when x.r < 18 then (x.k / 20) * 3 + x.r - 14 end,
    case when x.r = 7 then 1 when x.r < 15 then 2 when x.r < 18 then 1 end
from (
    select n, n %% 50 as nr, n / 50 as k, (n / 50) %% 20 as r, t.at,
        least(floor(extract(epoch from t.at - %(start)s) / 259200)::int, 9) as j
    from generate_series(%(lo)s::bigint, %(hi)s::bigint) n
    cross join lateral (select %(start)s + (n / 50) * (interval '30 days' / (%(events)s / 50))) t (at)
) x
join bench_unit u on u.nr = x.nr
join bench_order o on o.nr = x.nr and o.j = x.j

-- :name derive
-- What the ingest path keeps beside the events, from the events.
insert into production_minute (equipment_id, minute, operation_id, good, scrap)
select e.equipment_id, date_trunc('minute', e.at), coalesce(e.operation_id, 0),
    coalesce(sum(e.step) filter (where e.signal_id = u.good), 0), coalesce(sum(e.step) filter (where e.signal_id = u.scrap), 0)
from event e join bench_unit u on u.unit = e.equipment_id where e.kind = 'c' group by 1, 2, 3;
insert into production_hour (equipment_id, hour, operation_id, good, scrap)
select equipment_id, date_trunc('hour', minute), operation_id, sum(good), sum(scrap)
from production_minute group by 1, 2, 3;
update work_order_operation o set good = p.good, scrap = p.scrap
from (select operation_id, sum(good) as good, sum(scrap) as scrap from production_hour group by 1) p
where p.operation_id = o.id;
insert into signal_total (signal_id, epoch, total, at)
select s.id, 1, x.total, x.at from signal s
cross join lateral (select total, at from event where signal_id = s.id order by at desc limit 1) x
where s.role <> 'state';
insert into state_change (equipment_id, at, state, ingest_id)
select equipment_id, at, case (seq - 1) / 50 %% 20 when 18 then 'idle' else 'running' end, ingest_id
from event where kind = 's';
insert into equipment_live (equipment_id, state, state_since, last_fact_at, last_arrived_at)
select u.unit, s.state, s.at, %(end)s, %(end)s from bench_unit u
cross join lateral (select state, at from state_change where equipment_id = u.unit order by at desc limit 1) s;
insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at)
select 'receive', i.item_id, i.id, f.id, u.side, 1000000, %(start)s, %(start)s
from bench_unit u join lot i on i.code like 'RAW' || u.nr || '-%%' join location f on f.code = 'SUPPLIER';
-- every ten minutes: output, its raw material, and parts of the line before it, of its present lot and the one before
insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at, operation_id, equipment_id)
select v.kind, v.item, v.lot, v.from_id, v.to_id, v.quantity, m.at, m.at, o.operation, u.unit
from generate_series(0, 4319) n
cross join lateral (select %(start)s + (n + 1) * interval '10 minutes' - interval '1 second') m (at)
cross join bench_unit u
join bench_order o on o.nr = u.nr and o.j = n / 432
left join bench_order p on p.nr = u.nr - 1 and u.nr %% 10 > 0 and p.j = o.j
left join bench_order q on q.nr = u.nr - 1 and u.nr %% 10 > 0 and q.j = o.j - 1
left join bench_unit b on b.nr = u.nr - 1
join location production on production.code = 'PRODUCTION'
join location consumption on consumption.code = 'CONSUMPTION'
cross join lateral (values
    ('produce', o.item, o.lot, production.id, u.output, 10.0),
    ('backflush', o.raw_item, o.raw_lot, u.side, consumption.id, 2.5),
    ('backflush', p.item, p.lot, b.output, consumption.id, 4.0),
    ('backflush', q.item, q.lot, b.output, consumption.id, 4.0)) v (kind, item, lot, from_id, to_id, quantity)
where v.lot is not null and n %% 432 >= 6;
insert into balance (item_id, location_id, lot_id, quantity, physical)
select m.item_id, m.place, m.lot_id, sum(m.quantity), l.physical
from (
    select item_id, lot_id, to_id as place, quantity from movement
    union all select item_id, lot_id, from_id, -quantity from movement
) m join location l on l.id = m.place
group by 1, 2, 3, 5;
insert into ingest (received_at, gateway, facts) select %(start)s, 'bench', 5000 from generate_series(1, (%(events)s + 4999) / 5000);
truncate history_due;
select roll_up_states(%(end)s);
select roll_up_stock(1000000000)

-- :name raw_board
-- The board from events and states alone: what runs, since when, what it made, its totals, its pace, what belongs to no order.
with running as (
    select o.id, o.equipment_id from work_order_operation o where o.state = 'running'
), made as (
    select e.equipment_id,
        coalesce(sum(e.step) filter (where e.signal_id = u.good and e.operation_id = r.id), 0) as good,
        coalesce(sum(e.step) filter (where e.signal_id = u.scrap and e.operation_id = r.id), 0) as scrap,
        coalesce(sum(e.step) filter (where e.signal_id = u.good and e.operation_id is null), 0) as no_order_good,
        coalesce(sum(e.step) filter (where e.signal_id = u.scrap and e.operation_id is null), 0) as no_order_scrap
    from event e join bench_unit u on u.unit = e.equipment_id left join running r on r.equipment_id = e.equipment_id
    where e.kind = 'c' and e.quality <> 'q'
    group by e.equipment_id
)
select q.path, s.state, amount(m.good), amount(m.scrap), amount(m.no_order_good), amount(m.no_order_scrap),
    amount(t.total)
from made m
join equipment q on q.id = m.equipment_id
join bench_unit u on u.unit = m.equipment_id
cross join lateral (select state from state_change where equipment_id = u.unit order by at desc limit 1) s
cross join lateral (select total from event where signal_id = u.good order by at desc limit 1) t
order by q.path

-- :name raw_made
-- Pieces per unit and shift from the events.
select e.equipment_id, width_bucket(e.at, %(edges)s::timestamptz[]) as nr,
    coalesce(sum(e.step) filter (where s.role = 'good'), 0) as good,
    coalesce(sum(e.step) filter (where s.role = 'scrap'), 0) as scrap
from event e join signal s on s.id = e.signal_id
where e.kind = 'c' and e.quality <> 'q' and e.at >= %(first)s and e.at < %(last)s
group by 1, 2

-- :name raw_stood
-- Seconds per unit, shift and state from the state changes.
select x.equipment_id, n.nr, x.state,
    sum(extract(epoch from least(x.ended, (%(edges)s::timestamptz[])[n.nr + 1])
        - greatest(x.at, (%(edges)s::timestamptz[])[n.nr]))) as seconds
from (
    select equipment_id, state, greatest(at, %(first)s) as at,
        least(lead(at) over (partition by equipment_id order by at), %(last)s) as ended
    from state_change where at < %(last)s
) x
cross join lateral generate_series(width_bucket(x.at, %(edges)s::timestamptz[]),
    width_bucket(x.ended - interval '1 microsecond', %(edges)s::timestamptz[])) n (nr)
where x.ended > x.at
group by 1, 2, 3

-- :name raw_as_of
-- Balances of real places as of a time, from all postings up to it.
select l.code, i.code, t.code, sum(m.quantity)
from (
    select item_id, lot_id, to_id as place, quantity from movement where at <= %(at)s
    union all select item_id, lot_id, from_id, -quantity from movement where at <= %(at)s
) m
join location l on l.id = m.place and l.physical join item i on i.id = m.item_id join lot t on t.id = m.lot_id
group by m.item_id, m.place, m.lot_id, 1, 2, 3
having sum(m.quantity) <> 0
order by m.item_id, m.place, m.lot_id

-- :name raw_links
-- Which lots went into which, from every posting of every order.
with made as (
    select distinct m.operation_id, m.lot_id from movement m join location l on l.id = m.from_id and l.kind = 'production'
), used as (
    select distinct m.operation_id, m.lot_id from movement m join location l on l.id = m.to_id and l.kind = 'consumption'
)
select made.lot_id, used.lot_id from made join used on used.operation_id = made.operation_id
