-- :name lines
-- What lies where, lot by lot, in real places.
select location.code as location, location.name as location_name, location.kind, item.code as item,
    item.name as item_name, item.unit, lot.code as lot, balance.quantity, balance.reserved, lot.expires_on,
    case when lot.status = 'held' then 'held' else 'available' end as status,
    balance.item_id || '-' || balance.location_id || '-' || balance.lot_id as position
from balance
join location on location.id = balance.location_id
join item on item.id = balance.item_id
join lot on lot.id = balance.lot_id
where balance.physical and balance.open
    and (%(location)s::text is null or location.code = %(location)s
        or %(below)s and location.id in (select id from location_below(%(location)s)))
    and (%(item)s::text is null or item.code = %(item)s)
    and (balance.item_id, balance.location_id, balance.lot_id)
        > (%(after_item)s::integer, %(after_location)s::integer, %(after_lot)s::integer)
order by balance.item_id, balance.location_id, balance.lot_id
limit %(limit)s

-- :name shortages
-- Consumption that waits for stock, oldest first.
select shortage.id, shortage.kind, item.code as item, item.name as item_name, item.unit,
    location.code as location, location.name as location_name, unit.path as equipment, w.number as order,
    shortage.quantity, shortage.remaining, shortage.since
from shortage
join item on item.id = shortage.item_id
join location on location.id = shortage.location_id
join equipment as unit on unit.id = shortage.equipment_id
left join work_order_operation as o on o.id = shortage.operation_id
left join work_order as w on w.id = o.work_order_id
where shortage.settled_at is null and shortage.id > %(after)s
order by shortage.id
limit %(limit)s

-- :name totals_below
-- What lies of each item at a place and in all places below it.
select item.code as item, item.name as item_name, item.unit, sum(balance.quantity) as on_hand,
    sum(balance.reserved) as reserved,
    coalesce(sum(balance.quantity) filter (where lot.status = 'held' or location.kind = 'quarantine'), 0) as blocked,
    count(distinct balance.location_id) as places, item.id as position
from location_below(%(location)s) as below
join location on location.id = below.id
join balance on balance.location_id = location.id and balance.physical and balance.open
join item on item.id = balance.item_id
join lot on lot.id = balance.lot_id
where item.id > %(after)s and (%(item)s::text is null or item.code = %(item)s)
group by item.id
order by item.id
limit %(limit)s
