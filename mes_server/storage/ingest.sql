-- The path of a fact, step by step, each step for the whole batch at once.
-- `staged` is what came in; `resolved` is what it means here.

-- :name create_workspace
-- The temporary tables, once a connection.
create temp table if not exists staged (
    ord integer not null,
    source_id integer not null,
    seq bigint not null,
    kind text not null,
    quality text not null,
    equipment text not null,
    signal text not null,
    at timestamptz not null,
    since timestamptz,
    arrived_at timestamptz not null,
    epoch bigint,
    total numeric(20, 6),
    delta numeric(18, 6),
    claimed numeric(18, 6),
    value double precision,
    detail text,
    reason text,
    command_id uuid,
    accepted boolean
) on commit delete rows;
create temp table if not exists resolved (
    ord integer not null,
    source_id integer not null,
    seq bigint not null,
    kind text not null,
    quality text not null,
    equipment_id integer,
    signal_id integer,
    role text,
    item_id integer,
    operation_id integer,
    at timestamptz not null,
    since timestamptz,
    arrived_at timestamptz not null,
    epoch bigint,
    total numeric(20, 6),
    step numeric(18, 6),
    booked numeric(18, 6),
    good numeric(18, 6),
    scrap numeric(18, 6),
    detail text,
    reason text
) on commit delete rows;
create temp table if not exists progress (
    operation_id integer not null,
    equipment_id integer not null,
    good numeric(18, 6) not null,
    scrap numeric(18, 6) not null,
    last_at timestamptz not null
) on commit delete rows

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
-- The batch itself, for "why".
insert into ingest (received_at, gateway, facts) values (%(now)s, %(gateway)s, %(facts)s) returning id

-- :name record_gap
-- Facts the edge no longer holds.
insert into source_gap (source_id, first_missing, last_missing, noticed_at)
values (%(source_id)s, %(first)s, %(last)s, %(now)s)

-- :name stage
-- Facts come in by binary COPY.
copy staged (ord, source_id, seq, kind, quality, equipment, signal, at, since, arrived_at, epoch, total, delta, claimed,
    value, detail, reason, command_id, accepted) from stdin (format binary)

-- :name lock_units
-- The live rows of the units in the batch, before their orders are looked up.
select count(*) from (
    select 1 from equipment_live l
    where l.equipment_id in (select e.id from equipment e where e.path in (select distinct equipment from staged))
    order by l.equipment_id for update
) locked

-- :name resolve
-- Which signal, which order ran at machine time, and the step that the running total proves: a total that continues
-- where it was committed steps by its delta; one that does not has its gap booked with it; one that was reached before
-- steps by nothing. A totalizer's epoch begins at zero, so one that began unseen is booked from there.
insert into resolved (ord, source_id, seq, kind, quality, equipment_id, signal_id, role, item_id, operation_id, at, since,
    arrived_at, epoch, total, step, booked, good, scrap, detail, reason)
select x.ord, x.source_id, x.seq, x.kind, x.judged, x.equipment_id, x.signal_id, x.role, x.item_id, x.operation_id,
    x.at, x.since, x.arrived_at, x.epoch, x.total, x.step, x.booked,
    case x.role when 'good' then x.booked when 'produced' then x.booked
        when 'scrap' then case when x.counts_all then -x.booked else 0 end end,
    case when x.role = 'scrap' then x.booked end,
    x.detail, x.reason
from (
    select y.*, case when y.judged = 'quarantined' then 0 else y.step end as booked
    from (
        select z.*,
            case
                when (z.signal_id is null and z.kind <> 'j') or z.step < 0 or z.astray then 'quarantined'
                when z.step <> z.delta and z.quality = 'good' then 'uncertain'
                else z.quality
            end as judged,
            case
                when z.quality = 'quarantined' then coalesce(z.stated_reason, z.detail, 'not plausible')
                when z.signal_id is null and z.kind <> 'j' then 'this unit has no such signal of this agent in the plant file'
                when z.step < 0 then 'the total is lower than what is already committed'
                when z.astray then 'the weighed item, or the line side of the unit, is not in the master data'
            end as reason
        from (
            select s.ord, s.source_id, s.seq, s.kind, s.quality, q.id as equipment_id, g.id as signal_id, g.role, g.item_id,
                g.counts_all, run.operation_id, s.at, s.since, s.arrived_at, s.epoch, s.total, s.delta, s.detail,
                case when s.kind <> 's' then s.reason end as stated_reason,
                s.kind = 'w' and s.delta > 0 and g.role = 'consumed' and (g.item_id is null or q.line_side_id is null)
                    as astray,
                case when s.kind in ('c', 'w') then s.total - case
                    when t.epoch = s.epoch then greatest(t.total, max(s.total) over before)
                    when t.epoch < s.epoch and s.detail <> 'baseline' then coalesce(max(s.total) over before, 0)
                    else coalesce(max(s.total) over before, s.total - s.delta) end end as step
            from staged s
            join source c on c.id = s.source_id
            left join equipment q on q.path = s.equipment
            left join (
                select i.id, i.equipment_id, i.role, i.item_id, i.name, i.agent,
                    bool_or(i.role = 'produced') over (partition by i.equipment_id) as counts_all
                from signal i
            ) g on g.equipment_id = q.id and g.name = s.signal and g.agent in ('', c.agent)
            left join signal_total t on t.signal_id = g.id
            left join lateral (
                select r.operation_id from (
                    select n.operation_id, n.ended_at from operation_run n
                    where n.equipment_id = g.equipment_id and n.started_at <= s.at
                    order by n.started_at desc limit 1) r
                join work_order_operation o on o.id = r.operation_id and o.state <> 'closed'
                where r.ended_at is null or s.at < r.ended_at
            ) run on s.kind in ('c', 'w')
            window before as (
                partition by g.id, s.epoch order by s.ord rows between unbounded preceding and 1 preceding)
        ) z
    ) y
) x
order by x.ord

-- :name store_events
-- Every fact, once, with what it was taken for.
insert into event (ingest_id, source_id, seq, kind, quality, equipment_id, signal_id, operation_id, at, since, arrived_at,
    epoch, total, step, value, detail)
select %(ingest_id)s, r.source_id, r.seq, r.kind::"char", left(r.quality, 1)::"char", r.equipment_id, r.signal_id,
    r.operation_id, r.at, r.since, r.arrived_at, r.epoch, r.total, r.booked, s.value, r.detail
from resolved r join staged s using (ord)

-- :name keep_quarantine
-- What is not booked stays visible with its reason.
insert into quarantined_fact (source_id, seq, equipment, signal, at, quantity, reason)
select r.source_id, r.seq, s.equipment, s.signal, r.at, coalesce(nullif(s.claimed, 0), s.delta, 0),
    coalesce(r.reason, 'not plausible')
from resolved r join staged s using (ord)
where r.quality = 'quarantined'

-- :name keep_gaps
-- A total that jumped beyond its stated step: the difference is booked with it, and said.
insert into total_gap (signal_id, source_id, seq, at, told, booked)
select r.signal_id, r.source_id, r.seq, r.at, s.delta, r.booked
from resolved r join staged s using (ord)
where r.kind in ('c', 'w') and r.quality <> 'quarantined' and r.step <> s.delta

-- :name advance_totals
-- How far each signal's running total is committed.
insert into signal_total as t (signal_id, epoch, total, at)
select distinct on (signal_id) signal_id, epoch, total, at
from resolved
where kind in ('c', 'w') and signal_id is not null and step >= 0
order by signal_id, epoch desc, ord desc
on conflict (signal_id) do update set epoch = excluded.epoch, total = excluded.total, at = excluded.at
where excluded.epoch >= t.epoch

-- :name sum_progress
-- Pieces per running order.
insert into progress (operation_id, equipment_id, good, scrap, last_at)
select operation_id, equipment_id, sum(coalesce(good, 0)), sum(coalesce(scrap, 0)), max(at)
from resolved
where operation_id is not null and kind = 'c' and role in ('good', 'produced', 'scrap')
group by operation_id, equipment_id
having sum(coalesce(good, 0)) <> 0 or sum(coalesce(scrap, 0)) <> 0

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
returning o.id

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

-- :name places_of_output
-- Where output of this batch arrives: consumption may be waiting there.
select distinct item_id, to_id from pending

-- :name demand_rejected_output
-- Rejects of pieces that an earlier batch booked as good leave the output place again, out of the order's own lot.
insert into demand (kind, operation_id, equipment_id, item_id, location_id, to_id, lot_id, quantity, at)
select 'scrap', p.operation_id, p.equipment_id, t.item_id, e.output_id, scrap.id, o.output_lot_id, -p.good, p.last_at
from progress p
join work_order_operation o on o.id = p.operation_id
join lot t on t.id = o.output_lot_id
join equipment e on e.id = p.equipment_id
join location scrap on scrap.code = 'SCRAP'
where p.good < 0
order by p.operation_id

-- :name demand_backflush
-- Components that nobody measures: standard for all that was produced, less what was issued already, rounded once.
with due as (
    select c.operation_id, c.item_id, c.location_id, p.equipment_id, p.last_at,
        round(o.produced * c.quantity * (100 + c.scrap_percent) / (c.base_quantity * 100), 6) - c.issued as quantity
    from progress p
    join work_order_operation o on o.id = p.operation_id
    join operation_component c on c.operation_id = o.id and not c.measured
), issued as (
    update operation_component c set issued = c.issued + d.quantity
    from due d
    where d.quantity > 0 and c.operation_id = d.operation_id and c.item_id = d.item_id
)
insert into demand (kind, operation_id, equipment_id, item_id, location_id, to_id, quantity, at)
select 'backflush', d.operation_id, d.equipment_id, d.item_id, d.location_id, l.id, d.quantity, d.last_at
from due d join location l on l.code = 'CONSUMPTION'
where d.quantity > 0
order by d.operation_id, d.item_id

-- :name demand_weighed
-- What a scale measured, as it measured it, whether an order ran or not.
insert into demand (kind, operation_id, equipment_id, item_id, location_id, to_id, quantity, at)
select 'weigh', r.operation_id, r.equipment_id, r.item_id, e.line_side_id, l.id, sum(r.booked), max(r.at)
from resolved r
join equipment e on e.id = r.equipment_id
join location l on l.code = 'CONSUMPTION'
where r.kind = 'w' and r.role = 'consumed' and r.item_id is not null and e.line_side_id is not null
group by r.operation_id, r.equipment_id, r.item_id, e.line_side_id, l.id
having sum(r.booked) > 0
order by r.operation_id, r.item_id

-- :name issue_weighed
-- Weighed components count as issued on their order.
update operation_component c set issued = c.issued + d.quantity
from demand d
where d.kind = 'weigh' and d.shortage_id is null and c.operation_id = d.operation_id and c.item_id = d.item_id

-- :name places_of_consumption
-- Where this batch will want stock: what waits there longer comes first.
select c.item_id, c.location_id
from progress p join operation_component c on c.operation_id = p.operation_id and not c.measured
union
select r.item_id, e.line_side_id
from resolved r join equipment e on e.id = r.equipment_id
where r.kind = 'w' and r.role = 'consumed' and r.item_id is not null and e.line_side_id is not null
union
select t.item_id, e.output_id
from progress p
join work_order_operation o on o.id = p.operation_id
join lot t on t.id = o.output_lot_id
join equipment e on e.id = p.equipment_id
where p.good < 0

-- :name roll_up_hours
-- Good and scrapped pieces per unit, hour and order (0: no order), by machine time.
insert into production_hour as p (equipment_id, hour, operation_id, good, scrap)
select equipment_id, date_trunc('hour', at), coalesce(operation_id, 0), sum(coalesce(good, 0)), sum(coalesce(scrap, 0))
from resolved
where kind = 'c' and booked <> 0 and role in ('good', 'produced', 'scrap')
group by 1, 2, 3
order by 1, 2, 3
on conflict (equipment_id, hour, operation_id) do update set good = p.good + excluded.good, scrap = p.scrap + excluded.scrap

-- :name roll_up_minutes
-- The same per minute, for pace and run-out.
insert into production_minute as p (equipment_id, minute, operation_id, good, scrap)
select equipment_id, date_trunc('minute', at), coalesce(operation_id, 0), sum(coalesce(good, 0)), sum(coalesce(scrap, 0))
from resolved
where kind = 'c' and booked <> 0 and role in ('good', 'produced', 'scrap')
group by 1, 2, 3
order by 1, 2, 3
on conflict (equipment_id, minute, operation_id) do update set good = p.good + excluded.good, scrap = p.scrap + excluded.scrap

-- :name change_states
-- State changes by machine time; a later fact about the same instant wins.
insert into state_change (equipment_id, at, state, detail, ingest_id)
select distinct on (r.equipment_id, r.at) r.equipment_id, r.at, s.reason, coalesce(r.detail, ''), %(ingest_id)s
from resolved r join staged s using (ord)
where r.kind = 's' and r.equipment_id is not null and r.quality <> 'quarantined'
order by r.equipment_id, r.at, r.ord desc
on conflict (equipment_id, at) do update set state = excluded.state, detail = excluded.detail, ingest_id = excluded.ingest_id
returning equipment_id

-- :name refresh_live
-- What each unit is doing now, and when it was last heard.
insert into equipment_live as l (equipment_id, state, state_detail, state_since, last_fact_at, last_arrived_at)
select u.equipment_id, coalesce(c.state, 'unknown'), coalesce(c.detail, ''), c.at, u.last_at, u.last_arrived
from (
    select equipment_id, max(at) filter (where quality <> 'quarantined') as last_at, max(arrived_at) as last_arrived
    from resolved where equipment_id is not null group by equipment_id
) u
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
update job_command j set answered_at = s.at, accepted = s.accepted, reason = s.detail
from staged s
where s.kind = 'j' and j.command_id = s.command_id and j.answered_at is null

-- :name advance_sources
-- The new high-water marks: from here on these facts are duplicates.
update source s set through = x.through, last_received_at = %(now)s
from unnest(%(ids)s::int[], %(throughs)s::bigint[]) as x (id, through)
where s.id = x.id

-- :name touched
-- Units and orders of this batch, for the feed.
select
    (select coalesce(array_agg(distinct equipment_id), '{}') from resolved where equipment_id is not null),
    (select coalesce(array_agg(operation_id), '{}') from progress)
