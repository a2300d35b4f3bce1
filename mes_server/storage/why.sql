-- What a figure is made of: the sums its rule used, and the postings, batches and readings behind them.

-- :name progress
-- An operation's figures, what the hours counted for it, and what people reclassified since.
select o.id as operation_id, o.equipment_id, o.good, o.scrap, o.rework, o.produced, item.unit,
    coalesce(h.good, 0) as counted_good, coalesce(h.scrap, 0) as counted_scrap,
    coalesce(r.scrap, 0) as entered_scrap, coalesce(r.rework, 0) as entered_rework, h.first_hour, h.after_last_hour
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
join item on item.id = w.item_id
cross join lateral (
    select sum(p.good) as good, sum(p.scrap) as scrap, min(p.hour) as first_hour,
        max(p.hour) + interval '1 hour' as after_last_hour
    from production_hour as p where p.equipment_id = o.equipment_id and p.operation_id = o.id) as h
cross join lateral (
    select sum(quantity) filter (where disposition = 'scrap') as scrap,
        sum(quantity) filter (where disposition = 'rework') as rework
    from scrap_report where operation_id = o.id and reversed_at is null) as r
where w.number = %(number)s and o.number = %(operation)s

-- :name no_order
-- What a unit counted outside any order, and in which hours.
select unit.id as equipment_id, coalesce(sum(p.good), 0) as good, coalesce(sum(p.scrap), 0) as scrap,
    min(p.hour) as first_hour, max(p.hour) + interval '1 hour' as after_last_hour
from equipment as unit
left join production_hour as p on p.equipment_id = unit.id and p.operation_id = 0 and (p.good <> 0 or p.scrap <> 0)
where unit.path = %(equipment)s
group by unit.id

-- :name counters
-- What each counter of a unit stepped for an operation (null: for no order) within the hours.
select signal.name as signal, signal.role, sum(event.step) as counted, count(*) as readings
from signal
join event on event.signal_id = signal.id and event.at >= %(since)s and event.at < %(until)s
where signal.equipment_id = %(equipment_id)s and signal.role in ('good', 'scrap', 'produced') and event.kind = 'c'
    and event.quality <> 'q' and event.step <> 0
    and event.operation_id is not distinct from %(operation_id)s::integer
group by signal.id
order by signal.name

-- :name readings_of_unit
-- The counts behind it, by machine time.
select event.at, event.since, event.arrived_at, event.seq, event.ingest_id, source.agent, signal.name as signal,
    event.quality::text as quality, event.step, event.total, event.detail
from signal
join event on event.signal_id = signal.id and event.at >= %(since)s and event.at < %(until)s
join source on source.id = event.source_id
where signal.equipment_id = %(equipment_id)s and signal.role in ('good', 'scrap', 'produced') and event.kind = 'c'
    and event.step <> 0 and event.operation_id is not distinct from %(operation_id)s::integer
    and (event.at, event.seq) > (%(after_at)s, %(after_seq)s)
order by event.at, event.seq
limit %(limit)s

-- :name readings_of_batches
-- Counts and weighings of some batches at some units, by machine time.
select event.at, event.since, event.arrived_at, event.seq, event.ingest_id, source.agent, signal.name as signal,
    event.quality::text as quality, event.step, event.total, event.detail
from event
join source on source.id = event.source_id
left join signal on signal.id = event.signal_id
where event.ingest_id = any (%(batches)s::bigint[]) and event.equipment_id = any (%(units)s::integer[])
    and event.kind in ('c', 'w') and event.step <> 0 and (event.at, event.seq) > (%(after_at)s, %(after_seq)s)
order by event.at, event.seq
limit %(limit)s

-- :name units_by_path
-- Units by their paths.
select id from equipment where path = any (%(paths)s)

-- :name batches
-- Batches by id.
select id, received_at, gateway, facts from ingest where id = any (%(ids)s::bigint[]) order by id

-- :name commands
-- Commands by id.
select command.id::text as id, command.kind, command.given, person.name as person, command.station, command.at
from command left join person on person.id = command.person_id
where command.id = any (%(ids)s::uuid[])
order by command.at

-- :name postings_of_operation
-- Rows of the ledger that an operation made, newest first.
select m.id, m.kind, item.code as item, lot.code as lot, origin.code as from_location, target.code as to_location,
    m.quantity, item.unit, m.at, m.booked_at, w.number as order, unit.path as equipment, person.name as person,
    m.reason, m.reverses_id as reverses, m.ingest_id, m.command_id::text as command_id
from movement as m
join item on item.id = m.item_id
join lot on lot.id = m.lot_id
join location as origin on origin.id = m.from_id
join location as target on target.id = m.to_id
join work_order_operation as o on o.id = m.operation_id
join work_order as w on w.id = o.work_order_id
left join equipment as unit on unit.id = m.equipment_id
left join person on person.id = m.person_id
where m.operation_id = %(operation_id)s
    and case when %(item_id)s::integer is null then 'consumption' not in (origin.kind, target.kind)
        else m.item_id = %(item_id)s and 'consumption' in (origin.kind, target.kind) end
order by m.id desc
limit %(limit)s

-- :name postings_of_stock
-- Rows of the ledger that moved an item at a place, and a lot if one is named, newest first.
select m.id, m.kind, item.code as item, lot.code as lot, origin.code as from_location, target.code as to_location,
    m.quantity, item.unit, m.at, m.booked_at, w.number as order, unit.path as equipment, person.name as person,
    m.reason, m.reverses_id as reverses, m.ingest_id, m.command_id::text as command_id
from movement as m
join item on item.id = m.item_id
join lot on lot.id = m.lot_id
join location as origin on origin.id = m.from_id
join location as target on target.id = m.to_id
left join work_order_operation as o on o.id = m.operation_id
left join work_order as w on w.id = o.work_order_id
left join equipment as unit on unit.id = m.equipment_id
left join person on person.id = m.person_id
where m.item_id = %(item_id)s and %(location_id)s in (m.from_id, m.to_id)
    and (%(lot_id)s::integer is null or m.lot_id = %(lot_id)s)
    and (%(until)s::timestamptz is null or m.booked_at <= %(until)s)
order by m.at desc, m.id desc
limit %(limit)s

-- :name stock
-- What lies of an item at a place, and of one lot if it is named.
select item.id as item_id, location.id as location_id, item.unit,
    (select lot.id from lot where lot.item_id = item.id and lot.code = %(lot)s) as lot_id,
    coalesce(sum(balance.quantity), 0) as quantity, coalesce(sum(balance.reserved), 0) as reserved
from item
cross join location
left join balance on balance.item_id = item.id and balance.location_id = location.id
    and (%(lot)s::text is null
        or balance.lot_id = (select lot.id from lot where lot.item_id = item.id and lot.code = %(lot)s))
where item.code = %(item)s and location.code = %(location)s
group by item.id, location.id

-- :name flows
-- What came and went by kind of posting.
select m.kind, coalesce(sum(m.quantity) filter (where m.to_id = %(location_id)s), 0) as came,
    coalesce(sum(m.quantity) filter (where m.from_id = %(location_id)s), 0) as went, count(*) as postings
from movement as m
where m.item_id = %(item_id)s and %(location_id)s in (m.from_id, m.to_id)
    and (%(lot_id)s::integer is null or m.lot_id = %(lot_id)s)
group by m.kind
order by m.kind

-- :name component
-- A component of an operation: standard, booked, waiting, and what a unit of it costs.
select o.id as operation_id, item.id as item_id, item.unit, item.standard_cost, o.produced, c.quantity, c.base_quantity,
    c.scrap_percent, c.measured, c.standard,
    coalesce((
        select sum(case when target.kind = 'consumption' then m.quantity else -m.quantity end)
        from movement as m
        join location as origin on origin.id = m.from_id
        join location as target on target.id = m.to_id
        where m.operation_id = o.id and m.item_id = item.id and 'consumption' in (origin.kind, target.kind)), 0)
        as booked,
    coalesce((
        select sum(s.remaining) from shortage as s
        where s.operation_id = o.id and s.item_id = item.id and s.settled_at is null and s.kind <> 'scrap'), 0)
        as waiting
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
join lateral (
    select f.item_id, f.quantity, f.base_quantity, f.scrap_percent, f.measured, component_due(
        o.produced, f.produced_from, f.standard_before, f.quantity, f.base_quantity, f.scrap_percent) as standard
    from operation_component as f where f.operation_id = o.id
    union all
    select p.item_id, p.quantity, p.base_quantity, p.scrap_percent, p.measured, p.standard
    from operation_component_past as p where p.operation_id = o.id
) as c on true
join item on item.id = c.item_id
where w.number = %(number)s and o.number = %(operation)s and item.code = %(item)s

-- :name signal
-- A replenishment signal, what its rule saw when it was raised, and what it would see now.
select g.id, g.quantity, g.delivered_quantity, g.state, g.projected, g.reorder_point, g.raised_at, g.ingest_id,
    g.command_id::text as command_id, loop.method, loop.item_id, loop.location_id, item.code as item, item.unit,
    location.code as location,
    stock.quantity as on_hand_now, stock.reserved as reserved_now, waits.remaining as waiting_now,
    stock.quantity - coalesce((
        select sum(case when m.to_id = loop.location_id then m.quantity else -m.quantity end) from movement as m
        where m.item_id = loop.item_id and loop.location_id in (m.from_id, m.to_id) and m.booked_at > g.raised_at), 0)
        as on_hand_then
from replenishment_signal as g
join replenishment_loop as loop on loop.id = g.loop_id
join item on item.id = loop.item_id
join location on location.id = loop.location_id
cross join lateral (
    select coalesce(sum(b.quantity), 0) as quantity, coalesce(sum(b.reserved), 0) as reserved from balance as b
    where b.item_id = loop.item_id and b.location_id = loop.location_id) as stock
cross join lateral (
    select coalesce(sum(s.remaining), 0) as remaining from shortage as s
    where s.item_id = loop.item_id and s.location_id = loop.location_id and s.settled_at is null) as waits
where g.id = %(id)s

-- :name shortage
-- An entry of the shortage queue and its place.
select s.id, s.kind, s.quantity, s.remaining, s.since, s.settled_at, s.ingest_id, s.operation_id, s.equipment_id,
    s.item_id, s.location_id, item.code as item, item.unit, location.code as location,
    coalesce((
        select sum(b.quantity - b.reserved) from balance as b
        where b.item_id = s.item_id and b.location_id = s.location_id), 0) as free_now
from shortage as s
join item on item.id = s.item_id
join location on location.id = s.location_id
where s.id = %(id)s
