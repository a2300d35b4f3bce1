-- The path of a fact, step by step, each step for the whole batch at once.
-- What each fact means is read in `domain/fact_meaning.py`, which is given what `read_signals` and `read_runs` found; the
-- facts go into `event`, what follows from them into `tally`, and from there on everything is sets.

-- :name create_workspace
-- The temporary tables, once a connection: `tally` is what a unit did in a minute for an order (pieces, item null) or used
-- of a weighed item, `changed_at` when components of the order were stated otherwise since; `progress` is what orders
-- gained.
create temp table if not exists tally (
    equipment_id integer not null,
    operation_id integer,
    item_id integer,
    minute timestamptz not null,
    good numeric(18, 6) not null,
    scrap numeric(18, 6) not null,
    used numeric(18, 6) not null,
    last_at timestamptz not null,
    changed_at timestamptz
) on commit delete rows;
create temp table if not exists progress (
    operation_id integer not null,
    equipment_id integer not null,
    good numeric(18, 6) not null,
    scrap numeric(18, 6) not null,
    last_at timestamptz not null
) on commit delete rows

-- :name describe_workspace
-- As with the tables of `consumption.sql`: typical rows for the planner to see, once a connection.
insert into tally (equipment_id, operation_id, item_id, minute, good, scrap, used, last_at)
select n / 4, n / 4, case when n % 4 = 0 then n end, timestamptz '2000-01-01' + n % 2 * interval '1 minute', n % 7, 0, 0, '2000-01-01'
from generate_series(1, 400) n;
insert into progress (operation_id, equipment_id, good, scrap, last_at)
select n, n, 1, 0, '2000-01-01' from generate_series(1, 100) n;
analyze tally;
analyze progress

-- :name open_sources
-- An agent's outbox that is heard for the first time.
insert into source (agent, outbox_epoch)
select agent, epoch from unnest(%(agents)s::text[], %(epochs)s::bigint[]) as s (agent, epoch)
order by agent, epoch
on conflict do nothing

-- :name lock_sources
-- The cursors of this batch; whoever holds them decides what is new.
select agent, outbox_epoch, id, through from source
where (agent, outbox_epoch) in (select * from unnest(%(agents)s::text[], %(epochs)s::bigint[]))
order by id
for update

-- :name open_ingest
-- The batch itself, for "why"; and the plant's date.
insert into ingest (received_at, gateway, facts) values (%(now)s, %(gateway)s, %(facts)s)
returning id, (received_at at time zone coalesce((select time_zone from site), 'UTC'))::date

-- :name record_gap
-- Facts the edge no longer holds.
insert into source_gap (source_id, first_missing, last_missing, noticed_at)
values (%(source_id)s, %(first)s, %(last)s, %(now)s)

-- :name lock_units
-- The live rows of the units in the batch, before their orders are looked up; until when any of their shifts are closed.
select max(shifts_until) from (
    select l.shifts_until from equipment_live l
    where l.equipment_id in (select e.id from equipment e where e.path = any(%(paths)s))
    order by l.equipment_id for update
) locked

-- :name read_signals
-- What the plant knows of the units' signals, and how far their totals are committed, in millionths.
select q.path, q.id, q.line_side_id is not null, g.id, g.name, g.role, g.agent, g.item_id, t.epoch,
    (t.total * 1000000)::bigint
from equipment q
left join signal g on g.equipment_id = q.id
left join signal_total t on t.signal_id = g.id
where q.path = any(%(paths)s)

-- :name read_runs
-- Which orders ran on the units during the machine times of the batch; the facts of a closed order belong to nobody.
select u.path, (extract(epoch from r.started_at - %(zero)s) * 1000000)::bigint,
    (extract(epoch from r.ended_at - %(zero)s) * 1000000)::bigint,
    case when o.state <> 'closed' then r.operation_id end,
    (select array_agg((extract(epoch from s.until_at - %(zero)s) * 1000000)::bigint order by s.until_at)
     from component_statement s where s.operation_id = o.id and o.state <> 'closed')
from unnest(%(paths)s::text[], %(lows)s::timestamptz[], %(highs)s::timestamptz[]) as u (path, low, high)
join equipment q on q.path = u.path
join operation_run r on r.equipment_id = q.id and r.started_at <= u.high and r.started_at >= coalesce((
    select max(n.started_at) from operation_run n where n.equipment_id = q.id and n.started_at <= u.low), '-infinity')
join work_order_operation o on o.id = r.operation_id
order by r.equipment_id, r.started_at, r.id

-- :name store_events
-- Every fact, once, with what it was taken for, by binary COPY.
copy event (ingest_id, source_id, seq, at, arrived_at, kind, quality, equipment_id, signal_id, operation_id, epoch, detail,
    since, value, total, step) from stdin (format binary)

-- :name keep_quarantine
-- What is not booked stays visible with its reason.
insert into quarantined_fact (source_id, seq, equipment, signal, at, quantity, reason)
select source_id, seq, equipment, signal, at, quantity, reason
from unnest(%(sources)s::int[], %(seqs)s::bigint[], %(units)s::text[], %(signals)s::text[], %(ats)s::timestamptz[],
    %(quantities)s::numeric[], %(reasons)s::text[]) as q (source_id, seq, equipment, signal, at, quantity, reason)

-- :name keep_gaps
-- A total that jumped beyond its stated step: the difference is booked with it, and said.
insert into total_gap (signal_id, source_id, seq, at, told, booked)
select signal_id, source_id, seq, at, told, booked
from unnest(%(signals)s::int[], %(sources)s::int[], %(seqs)s::bigint[], %(ats)s::timestamptz[], %(told)s::numeric[],
    %(booked)s::numeric[]) as g (signal_id, source_id, seq, at, told, booked)

-- :name advance_totals
-- How far each signal's running total is committed.
insert into signal_total as t (signal_id, epoch, total, at)
select signal_id, epoch, total, at
from unnest(%(signals)s::int[], %(epochs)s::bigint[], %(totals)s::numeric[], %(ats)s::timestamptz[])
    as n (signal_id, epoch, total, at)
order by signal_id
on conflict (signal_id) do update set epoch = excluded.epoch, total = excluded.total, at = excluded.at
where excluded.epoch >= t.epoch

-- :name keep_tally
-- What the facts add up to.
insert into tally (equipment_id, operation_id, item_id, minute, good, scrap, used, last_at, changed_at)
select equipment_id, operation_id, item_id, minute, good, scrap, used, last_at, changed_at
from unnest(%(units)s::int[], %(operations)s::int[], %(items)s::int[], %(minutes)s::timestamptz[], %(good)s::numeric[],
    %(scrap)s::numeric[], %(used)s::numeric[], %(lasts)s::timestamptz[],
    %(changes)s::timestamptz[])
    as t (equipment_id, operation_id, item_id, minute, good, scrap, used, last_at, changed_at)

-- :name sum_progress
-- Pieces per running order.
insert into progress (operation_id, equipment_id, good, scrap, last_at)
select operation_id, equipment_id, sum(good), sum(scrap), max(last_at)
from tally
where operation_id is not null and item_id is null
group by operation_id, equipment_id
having sum(good) <> 0 or sum(scrap) <> 0

-- :name advance_operations
-- Order progress, rows locked in order of their id.
with locked as (
    select o.id from work_order_operation o
    where o.id in (select operation_id from progress) order by o.id for no key update
)
update work_order_operation o
set good = o.good + p.good, scrap = o.scrap + p.scrap, last_count_at = greatest(o.last_count_at, p.last_at)
from progress p, locked l
where o.id = p.operation_id and l.id = o.id
returning o.id, o.state,
    case when not o.yields then ( -- its good pieces show at the operation after
        select n.id from work_order_operation n
        where n.work_order_id = o.work_order_id and n.number > o.number order by n.number limit 1) end

-- :name restate_orders
-- What late facts made of the figures of completed operations.
insert into restatement (figure, equipment_id, operation_id, good_before, good_after, scrap_before, scrap_after, fact_at,
    ingest_id, command_id, at)
select 'order', p.equipment_id, o.id, o.good - p.good, o.good, o.scrap - p.scrap, o.scrap, p.last_at, %(ingest_id)s::bigint,
    %(command_id)s::uuid, %(now)s
from progress p join work_order_operation o on o.id = p.operation_id
where o.state = 'completed'
order by o.id

-- :name post_output
-- Good pieces come from production to the unit's output place, scrapped ones to scrap, both in the order's own lot.
insert into pending (kind, item_id, lot_id, from_id, to_id, quantity, at, operation_id, equipment_id)
select v.kind, t.item_id, o.output_lot_id, production.id, v.to_id, v.quantity, p.last_at, o.id, p.equipment_id
from progress p
join work_order_operation o on o.id = p.operation_id
join lot t on t.id = o.output_lot_id
join equipment e on e.id = p.equipment_id
join location production on production.code = 'PRODUCTION'
join location scrap on scrap.code = 'SCRAP'
cross join lateral (values
    ('produce', e.output_id, greatest(p.good, 0)),
    ('produce_scrap', scrap.id, p.scrap + least(p.good, 0))
) v (kind, to_id, quantity)
where v.quantity > 0

-- :name post_further_output
-- Co- and by-products come out with the good pieces, each in its own lot and place: what all good pieces bring, less what
-- was posted already, rounded once.
with due as (
    select x.operation_id, x.item_id, x.lot_id, x.location_id, p.equipment_id, p.last_at,
        output_due(o.good, x.good_from, x.standard_before, x.quantity, x.base_quantity) - x.posted as quantity
    from progress p
    join operation_output x on x.operation_id = p.operation_id
    join work_order_operation o on o.id = p.operation_id
), posted as (
    update operation_output x set posted = x.posted + d.quantity
    from due d
    where d.quantity > 0 and x.operation_id = d.operation_id and x.item_id = d.item_id
)
insert into pending (kind, item_id, lot_id, from_id, to_id, quantity, at, operation_id, equipment_id)
select 'produce', d.item_id, d.lot_id, production.id, d.location_id, d.quantity, d.last_at, d.operation_id, d.equipment_id
from due d join location production on production.code = 'PRODUCTION'
where d.quantity > 0

-- :name demand_rejected_output
-- Rejects of pieces that an earlier batch booked as good leave the output place again, out of the order's own lot. They take
-- back what came out with them besides, as far as it still lies free where it came out; the rest stays posted and counts for
-- the next good pieces.
with rejected as (
    select p.*, o.good as good_now, o.output_lot_id
    from progress p join work_order_operation o on o.id = p.operation_id
    where p.good < 0
), due as (
    select x.operation_id, x.item_id, x.lot_id, x.location_id, r.equipment_id, r.last_at, least(b.quantity - b.reserved,
        x.posted - output_due(r.good_now, x.good_from, x.standard_before, x.quantity, x.base_quantity)) as quantity
    from rejected r
    join operation_output x on x.operation_id = r.operation_id
    join balance b on b.item_id = x.item_id and b.location_id = x.location_id and b.lot_id = x.lot_id
), taken as (
    update operation_output x set posted = x.posted - d.quantity
    from due d
    where d.quantity > 0 and x.operation_id = d.operation_id and x.item_id = d.item_id
)
insert into demand (kind, operation_id, equipment_id, item_id, location_id, to_id, lot_id, quantity, at)
select kind, operation_id, equipment_id, item_id, location_id, to_id, lot_id, quantity, last_at
from (
    select 'scrap' as kind, r.operation_id, r.equipment_id, t.item_id, e.output_id as location_id, scrap.id as to_id,
        t.id as lot_id, -r.good as quantity, r.last_at
    from rejected r
    join lot t on t.id = r.output_lot_id
    join equipment e on e.id = r.equipment_id
    join location scrap on scrap.code = 'SCRAP'
    union all
    select 'reverse', d.operation_id, d.equipment_id, d.item_id, d.location_id, production.id, d.lot_id, d.quantity, d.last_at
    from due d join location production on production.code = 'PRODUCTION'
    where d.quantity > 0
) x
order by kind desc, operation_id, item_id

-- :name demand_backflush
-- Components that nobody measures: standard for all that was produced (since they are stated as they are, and what they
-- came to before), less what was issued already, rounded once; what was issued while somebody measured it is settled.
with due as (
    select c.operation_id, c.item_id, c.location_id, c.lot_id, p.equipment_id, p.last_at, component_due(
            o.produced, c.produced_from, c.standard_before, c.quantity, c.base_quantity, c.scrap_percent
        ) - c.issued + c.settled as quantity
    from progress p
    join work_order_operation o on o.id = p.operation_id
    join operation_component c on c.operation_id = o.id and not c.measured
), issued as (
    update operation_component c set issued = c.issued + d.quantity
    from due d
    where d.quantity > 0 and c.operation_id = d.operation_id and c.item_id = d.item_id
)
insert into demand (kind, operation_id, equipment_id, item_id, location_id, to_id, lot_id, quantity, at)
select 'backflush', d.operation_id, d.equipment_id, d.item_id, d.location_id, l.id, d.lot_id, d.quantity, d.last_at
from due d join location l on l.code = 'CONSUMPTION'
where d.quantity > 0
order by d.operation_id, d.item_id

-- :name demand_weighed
-- What a scale measured, as it measured it, whether an order ran or not.
insert into demand (kind, operation_id, equipment_id, item_id, location_id, to_id, quantity, at)
select 'weigh', t.operation_id, t.equipment_id, t.item_id, e.line_side_id, l.id, sum(t.used), max(t.last_at)
from tally t
join equipment e on e.id = t.equipment_id
join location l on l.code = 'CONSUMPTION'
where t.item_id is not null and e.line_side_id is not null
group by t.operation_id, t.equipment_id, t.item_id, e.line_side_id, l.id
having sum(t.used) > 0
order by t.operation_id, t.item_id

-- :name issue_weighed
-- Weighed components count as issued on their order, in use or not.
with past as (
    update operation_component_past c set issued = c.issued + d.quantity
    from demand d
    where d.kind = 'weigh' and d.shortage_id is null and c.operation_id = d.operation_id and c.item_id = d.item_id
)
update operation_component c set issued = c.issued + d.quantity
from demand d
where d.kind = 'weigh' and d.shortage_id is null and c.operation_id = d.operation_id and c.item_id = d.item_id

-- :name places
-- Where output of this batch arrives, and where stock is wanted: what waits there longer comes first. A place that only
-- falls short moves no balance, yet its projected stock falls.
select item_id, place, bool_or(arrives) and bool_or(wanted)
from (
    select item_id, to_id as place, true as arrives, false as wanted from pending
    union all
    select c.item_id, c.location_id, false, true
    from progress p join operation_component c on c.operation_id = p.operation_id and not c.measured
    union all
    select t.item_id, e.line_side_id, false, true
    from tally t join equipment e on e.id = t.equipment_id
    where t.item_id is not null and e.line_side_id is not null
    union all
    select t.item_id, e.output_id, false, true
    from progress p
    join work_order_operation o on o.id = p.operation_id
    join lot t on t.id = o.output_lot_id
    join equipment e on e.id = p.equipment_id
    where p.good < 0
    union all
    select x.item_id, x.location_id, false, true
    from progress p join operation_output x on x.operation_id = p.operation_id
    where p.good < 0
) x
group by item_id, place

-- :name roll_up_hours
-- Good and scrapped pieces per unit, hour and order (0: no order), by machine time.
insert into production_hour as p (equipment_id, hour, operation_id, good, scrap)
select equipment_id, date_trunc('hour', minute), coalesce(operation_id, 0), sum(good), sum(scrap)
from tally
where item_id is null
group by 1, 2, 3
order by 1, 2, 3
on conflict (equipment_id, hour, operation_id) do update set good = p.good + excluded.good, scrap = p.scrap + excluded.scrap

-- :name restate_hours
-- What late facts, which are in the hours by now, made of hours that had closed before.
insert into restatement (figure, equipment_id, hour, operation_id, good_before, good_after, scrap_before, scrap_after,
    fact_at, ingest_id, command_id, at)
select 'hour', p.equipment_id, p.hour, nullif(p.operation_id, 0), p.good - t.good, p.good, p.scrap - t.scrap, p.scrap,
    t.last_at, %(ingest_id)s::bigint, %(command_id)s::uuid, %(now)s
from (
    select equipment_id, date_trunc('hour', minute) as hour, coalesce(operation_id, 0) as operation_id, sum(good) as good,
        sum(scrap) as scrap, max(last_at) as last_at
    from tally
    where item_id is null and minute < %(closed)s
    group by 1, 2, 3
    having sum(good) <> 0 or sum(scrap) <> 0
) t
join production_hour p using (equipment_id, hour, operation_id)
order by p.equipment_id, p.hour, p.operation_id

-- :name roll_up_minutes
-- The same per minute, for pace and run-out.
insert into production_minute as p (equipment_id, minute, operation_id, good, scrap)
select equipment_id, minute, coalesce(operation_id, 0), sum(good), sum(scrap)
from tally
where item_id is null
group by 1, 2, 3
order by 1, 2, 3
on conflict (equipment_id, minute, operation_id) do update set good = p.good + excluded.good, scrap = p.scrap + excluded.scrap

-- :name change_states
-- State changes by machine time; a later fact about the same instant wins. Their units are locked.
insert into state_change (equipment_id, at, state, detail, ingest_id)
select equipment_id, at, state, detail, %(ingest_id)s
from unnest(%(units)s::int[], %(ats)s::timestamptz[], %(states)s::text[], %(details)s::text[])
    as s (equipment_id, at, state, detail)
order by equipment_id, at
on conflict (equipment_id, at) do update
set state = excluded.state, detail = excluded.detail, ingest_id = excluded.ingest_id

-- :name refresh_live
-- What each unit is doing now, and when it was last heard.
insert into equipment_live as l (equipment_id, state, state_detail, state_since, last_fact_at, last_arrived_at)
select u.equipment_id, coalesce(c.state, 'unknown'), coalesce(c.detail, ''), c.at, u.last_at, u.last_arrived
from unnest(%(units)s::int[], %(lasts)s::timestamptz[], %(arrived)s::timestamptz[])
    as u (equipment_id, last_at, last_arrived)
left join lateral (
    select s.state, s.detail, s.at from state_change s where s.equipment_id = u.equipment_id order by s.at desc limit 1
) c on true
order by u.equipment_id
on conflict (equipment_id) do update set
    state = excluded.state, state_detail = excluded.state_detail, state_since = excluded.state_since,
    last_fact_at = greatest(l.last_fact_at, excluded.last_fact_at),
    last_arrived_at = greatest(l.last_arrived_at, excluded.last_arrived_at)

-- :name answer_jobs
-- What machines said to their job orders.
update job_command j set answered_at = s.at, accepted = s.accepted, reason = s.reason
from unnest(%(commands)s::uuid[], %(ats)s::timestamptz[], %(accepted)s::bool[], %(reasons)s::text[])
    as s (command_id, at, accepted, reason)
where j.command_id = s.command_id and j.answered_at is null

-- :name advance_sources
-- The new high-water marks: from here on these facts are duplicates.
update source s set through = x.through, last_received_at = %(now)s
from unnest(%(ids)s::int[], %(throughs)s::bigint[]) as x (id, through)
where s.id = x.id
