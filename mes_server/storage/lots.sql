-- :name find_location
-- A location by its code.
select id, code, name, kind, physical, active from location where code = %(code)s

-- :name location
-- A location by its id.
select id, code, name, kind, physical, active from location where id = %(id)s

-- :name receive
-- A lot that arrives; known lots stay as they are.
insert into lot (item_id, code, expires_on, supplier_lot, received_at)
values (%(item_id)s, %(code)s, %(expires_on)s, %(supplier_lot)s, %(now)s)
on conflict (item_id, code) do nothing

-- :name find
-- A lot by item and code, and what lies of it at one place.
select lot.id, lot.item_id, item.code as item, lot.code as lot, lot.status = 'held' as held, lot.expires_on,
    lot.received_at, coalesce(balance.quantity, 0) as quantity, coalesce(balance.reserved, 0) as reserved,
    exists (
        select 1 from mounted_lot
        where mounted_lot.lot_id = lot.id and mounted_lot.location_id = %(location_id)s::integer
            and unmounted_at is null) as mounted
from lot
join item on item.id = lot.item_id
left join balance on balance.lot_id = lot.id and balance.item_id = lot.item_id
    and balance.location_id = %(location_id)s::integer
where lot.code = %(lot)s and (%(item)s::text is null or item.code = %(item)s)
order by coalesce(balance.quantity, 0) > 0 desc, lot.id
limit 50

-- :name at_place
-- The lots of an item that lie at a place.
select lot.id, lot.item_id, item.code as item, lot.code as lot, lot.status = 'held' as held, lot.expires_on,
    lot.received_at, balance.quantity, balance.reserved,
    exists (
        select 1 from mounted_lot
        where mounted_lot.lot_id = lot.id and mounted_lot.location_id = %(location_id)s
            and unmounted_at is null) as mounted
from balance
join lot on lot.id = balance.lot_id
join item on item.id = lot.item_id
where balance.item_id = %(item_id)s and balance.location_id = %(location_id)s and balance.open
order by lot.expires_on nulls last, lot.received_at, lot.id
limit 500

-- :name in_places
-- The lots of an item that lie at places, of all lots or of the named ones.
select lot.id, lot.item_id, item.code as item, lot.code as lot, lot.status = 'held' as held, lot.expires_on,
    lot.received_at, balance.quantity, balance.reserved, balance.location_id, location.code as location
from balance
join lot on lot.id = balance.lot_id
join item on item.id = balance.item_id
join location on location.id = balance.location_id
where balance.item_id = %(item_id)s and balance.location_id = any (%(places)s::integer[]) and balance.open
    and (%(lots)s::text[] is null or lot.code = any (%(lots)s))
order by lot.expires_on nulls last, lot.received_at, lot.id, location.id
limit 2000

-- :name set_status
-- Holds or releases a lot.
update lot set status = %(status)s where id = %(lot_id)s

-- :name places_of
-- Where a lot lies.
select location_id from balance where lot_id = %(lot_id)s and open and physical

-- :name components_at_unit
-- What the orders at a unit use, by item: of the running one, else of those released or interrupted there.
select w.number, item.code as item
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
left join operation_component as component on component.operation_id = o.id
left join item on item.id = component.item_id
where o.id = (
    select id from work_order_operation
    where equipment_id = %(equipment_id)s and state in ('running', 'held', 'suspended', 'allowed_to_start')
    order by state <> 'running', state = 'allowed_to_start', started_at desc nulls last, released_at, id
    limit 1)

-- :name unmount_lot
-- Takes a lot off a unit.
update mounted_lot
set unmounted_at = %(at)s
where equipment_id = %(equipment_id)s and lot_id = %(lot_id)s and unmounted_at is null
returning id

-- :name unmount_empty
-- Takes off the lots of an item that are used up at the unit's line side.
update mounted_lot
set unmounted_at = %(at)s
where equipment_id = %(equipment_id)s and item_id = %(item_id)s and unmounted_at is null
    and not exists (
        select 1 from balance
        where balance.item_id = mounted_lot.item_id and balance.location_id = mounted_lot.location_id
            and balance.lot_id = mounted_lot.lot_id and balance.quantity > 0)

-- :name mount
-- A lot is in use at a unit from now on; no row when it is mounted already.
insert into mounted_lot (equipment_id, item_id, lot_id, location_id, quantity_at_mount, mounted_at, person_id)
values (%(equipment_id)s, %(item_id)s, %(lot_id)s, %(location_id)s, %(quantity)s, %(at)s, %(person_id)s)
on conflict (lot_id, location_id) where unmounted_at is null do nothing
returning id

-- :name mounted_where
-- The unit where a lot is mounted at a place.
select unit.path from mounted_lot join equipment as unit on unit.id = mounted_lot.equipment_id
where mounted_lot.lot_id = %(lot_id)s and mounted_lot.location_id = %(location_id)s and unmounted_at is null

-- :name mounted_at_place
-- The lots of an item that units use at a place, in the order in which they were mounted.
select lot.code as lot, mounted_lot.equipment_id
from mounted_lot join lot on lot.id = mounted_lot.lot_id
where mounted_lot.item_id = %(item_id)s and mounted_lot.location_id = %(location_id)s and unmounted_at is null
order by mounted_lot.id
