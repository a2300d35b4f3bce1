-- Which lots went into which, read from the ledger, which `operation_lot` sums: what an operation consumed is in what the
-- order's first operation with output, at or after it, produced.

-- :name find_lot
-- A lot by the codes of its item and itself.
select lot.id from lot join item on item.id = lot.item_id where item.code = %(item)s and lot.code = %(lot)s

-- :name accounts
-- The accounts of the ledger out of which lots are made, and into which they are consumed.
select coalesce(array_agg(id) filter (where kind = 'production'), '{}') as production,
    coalesce(array_agg(id) filter (where kind = 'consumption'), '{}') as consumption
from location where kind in ('production', 'consumption')

-- :name walk_back
-- Lots that went into a lot, level by level; a lot on a cycle comes again at a deeper level, and the depth ends that.
with recursive walk (lot_id, depth) as (
    select %(lot_id)s::integer, 0
    union
    select used.lot_id, walk.depth + 1
    from walk
    join operation_lot as made on made.lot_id = walk.lot_id and made.produced is not null
    cross join lateral (
        select f.id from work_order_operation as p
        join work_order_operation as f on f.work_order_id = p.work_order_id and f.number <= p.number
        where p.id = made.operation_id and not exists (
            select 1 from work_order_operation as q
            join operation_lot as m on m.operation_id = q.id and m.produced is not null
            where q.work_order_id = p.work_order_id and q.number >= f.number and q.number < p.number)) as feeder
    join operation_lot as used on used.operation_id = feeder.id and used.since is not null
    where walk.depth < %(depth)s
)
select lot_id, min(depth) as depth from (select lot_id, depth from walk limit %(rows)s) as seen
group by lot_id order by depth, lot_id

-- :name walk_forward
-- Lots that a lot went into, level by level.
with recursive walk (lot_id, depth) as (
    select %(lot_id)s::integer, 0
    union
    select output.lot_id, walk.depth + 1
    from walk
    join operation_lot as used on used.lot_id = walk.lot_id and used.since is not null
    cross join lateral (
        select p.id from work_order_operation as f
        join work_order_operation as p on p.work_order_id = f.work_order_id and p.number >= f.number
        where f.id = used.operation_id and exists (
            select 1 from operation_lot as m where m.operation_id = p.id and m.produced is not null)
        order by p.number limit 1) as maker
    join operation_lot as output on output.operation_id = maker.id and output.produced is not null
    where walk.depth < %(depth)s
)
select lot_id, min(depth) as depth from (select lot_id, depth from walk limit %(rows)s) as seen
group by lot_id order by depth, lot_id

-- :name links_back
-- What went into the given lots: per operation and lot, how much, and from when to when. A posting covers what was
-- consumed since the posting before it, so the window opens there, or where the run began.
with used as (
    select output.lot_id as output_id, output.produced, feeder.id as operation_id, x.lot_id as input_id, x.item_id,
        x.equipment_id, x.consumed, x.since, x.until
    from unnest(%(lots)s::integer[]) as given (id)
    join operation_lot as output on output.lot_id = given.id and output.produced is not null
    cross join lateral (
        select f.id from work_order_operation as p
        join work_order_operation as f on f.work_order_id = p.work_order_id and f.number <= p.number
        where p.id = output.operation_id and not exists (
            select 1 from work_order_operation as q
            join operation_lot as m on m.operation_id = q.id and m.produced is not null
            where q.work_order_id = p.work_order_id and q.number >= f.number and q.number < p.number)) as feeder
    join operation_lot as x on x.operation_id = feeder.id and x.consumed is not null
)
select used.output_id, used.input_id, used.operation_id, w.number as order, o.number as operation, unit.path as equipment,
    used.equipment_id, used.consumed, used.produced, used.since, used.until,
    least(used.since, coalesce(
        -- the posting before: if there is one, it is not older than the first of that item here
        (select m.at from movement as m
         where m.item_id = used.item_id and m.operation_id = used.operation_id and m.to_id = any (%(consumption)s)
            and m.at < used.since and m.at >= (
                select min(f.since) from operation_lot as f
                where f.operation_id = used.operation_id and f.item_id = used.item_id)
         order by m.at desc limit 1),
        (select max(r.started_at) from operation_run as r
         where r.operation_id = used.operation_id and r.started_at <= used.since),
        used.since)) as window_from
from used
join work_order_operation as o on o.id = used.operation_id
join work_order as w on w.id = o.work_order_id
left join equipment as unit on unit.id = used.equipment_id
where used.consumed > 0 and (%(inputs)s::integer[] is null or used.input_id = any (%(inputs)s))
order by used.output_id, used.input_id, used.operation_id
limit %(limit)s

-- :name lots
-- What lots are called and what is known of them.
select lot.id, item.code as item, item.name as item_name, item.unit, lot.code as lot, lot.status, lot.expires_on,
    lot.supplier_lot, lot.received_at
from lot join item on item.id = lot.item_id
where lot.id = any (%(lots)s)
order by lot.id

-- :name whereabouts
-- Where lots are now: real places, and what left to customers.
select balance.lot_id, location.code as location, location.name as location_name, location.kind, balance.quantity
from balance join location on location.id = balance.location_id
where balance.lot_id = any (%(lots)s) and balance.open and balance.quantity > 0
    and (balance.physical or location.kind = 'customer')
order by balance.lot_id, location.code

-- :name everywhere
-- All accounts of a lot, those that hold nothing real too: what came is below zero where it came from, so the sum is zero.
select balance.lot_id, location.code as location, location.name as location_name, location.kind, balance.quantity
from balance join location on location.id = balance.location_id
where balance.lot_id = %(lot_id)s and balance.item_id = (select item_id from lot where id = %(lot_id)s) and balance.quantity <> 0
order by balance.quantity, location.code

-- :name without_order
-- What was consumed of lots while no order ran: it is in no product that the ledger knows.
select item.code as item, lot.code as lot, item.unit, unit.path as equipment,
    sum(case when m.to_id = any (%(consumption)s) then m.quantity else -m.quantity end) as consumed,
    min(m.at) as since, max(m.at) as until
from movement as m
join lot on lot.id = m.lot_id
join item on item.id = m.item_id
left join equipment as unit on unit.id = m.equipment_id
where m.lot_id = any (%(lots)s) and m.operation_id is null
    and (m.to_id = any (%(consumption)s) or m.from_id = any (%(consumption)s))
group by lot.id, item.id, unit.id
having sum(case when m.to_id = any (%(consumption)s) then m.quantity else -m.quantity end) > 0
order by item.code, lot.code, unit.path

-- :name process_values
-- What a unit's process values were within a window: one row a signal.
select given.nr, signal.name as signal, signal.unit, count(*) as readings, min(event.value) as minimum,
    avg(event.value) as average, max(event.value) as maximum
from unnest(%(numbers)s::integer[], %(units)s::integer[], %(froms)s::timestamptz[], %(untils)s::timestamptz[])
    as given (nr, equipment_id, since, until)
join signal on signal.equipment_id = given.equipment_id and signal.role in ('process_value', 'setpoint')
join event on event.signal_id = signal.id and event.at >= given.since and event.at <= given.until
    and event.kind = 'm' and event.quality <> 'q' and event.value is not null
group by given.nr, signal.id
order by given.nr, signal.name
