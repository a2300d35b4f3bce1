-- :name find
-- Lots with their stock in all: by how a code begins, exact ones first and then the newest; without one by their id.
select lot.id, item.code as item, item.name as item_name, item.unit, lot.code as lot, lot.status, lot.expires_on,
    coalesce(lot.expires_on < %(day)s, false) as expired, lot.supplier_lot, lot.received_at,
    coalesce(stock.on_hand, 0) as on_hand, coalesce(stock.reserved, 0) as reserved, coalesce(stock.places, 0) as places
from lot
join item on item.id = lot.item_id
left join lateral (
    select sum(b.quantity) as on_hand, sum(b.reserved) as reserved, count(*) as places
    from balance as b
    where b.item_id = lot.item_id and b.lot_id = lot.id and b.open and b.physical and b.quantity > 0) as stock on true
where (%(code)s::text is not null or lot.id > %(after)s)
    and (%(code)s::text is null or starts_with(lower(lot.code), lower(%(code)s))
        or starts_with(lower(lot.supplier_lot), lower(%(code)s)))
    and (%(item)s::text is null or item.code = %(item)s)
    and (%(status)s::text is null or lot.status = %(status)s)
    and (%(expires_before)s::date is null or lot.expires_on < %(expires_before)s)
    and (%(supplier_lot)s::text is null or lot.supplier_lot = %(supplier_lot)s)
    and (%(has_stock)s::boolean is null or %(has_stock)s = (coalesce(stock.places, 0) > 0))
    and (%(location)s::text is null or exists (
        select 1 from balance as b
        where b.item_id = lot.item_id and b.lot_id = lot.id and b.open and b.physical and b.quantity > 0
            and b.location_id in (
                select id from location where code = %(location)s
                union all select id from location_below(%(location)s) where %(below)s)))
order by (%(code)s::text is not null and lower(lot.code) = lower(%(code)s)) desc,
    case when %(code)s::text is not null then lot.received_at end desc, lot.id
limit %(limit)s offset %(offset)s

-- :name named
-- The lot that an address stands for: codes may have slashes, so each way to cut it is tried.
select lot.id, item.code as item, lot.code as lot
from unnest(%(items)s::text[], %(lots)s::text[]) with ordinality as given (item, lot, cut)
join item on item.code = given.item
join lot on lot.item_id = item.id and lot.code = given.lot
order by given.cut
limit 1

-- :name card
-- One lot with its stock in all.
select lot.id, item.code as item, item.name as item_name, item.unit, lot.code as lot, lot.status, lot.expires_on,
    coalesce(lot.expires_on < %(day)s, false) as expired, lot.supplier_lot, lot.received_at,
    coalesce(sum(b.quantity), 0) as on_hand, coalesce(sum(b.reserved), 0) as reserved, count(b.quantity) as places
from lot
join item on item.id = lot.item_id
left join balance as b on b.item_id = lot.item_id and b.lot_id = lot.id and b.open and b.physical and b.quantity > 0
where lot.id = %(lot_id)s
group by lot.id, item.id

-- :name places
-- Where a lot is: real places, and what left to customers.
select place.code as location, place.name as location_name, place.kind, b.quantity, b.reserved
from lot
join balance as b on b.item_id = lot.item_id and b.lot_id = lot.id
join location as place on place.id = b.location_id
where lot.id = %(lot_id)s and b.open and b.quantity > 0 and (b.physical or place.kind = 'customer')
order by place.code

-- :name containers
-- The containers that hold a lot.
select c.code as container, place.code as location, s.quantity, c.sealed
from lot
join container_stock as s on s.item_id = lot.item_id and s.lot_id = lot.id
join container as c on c.id = s.container_id
join location as place on place.id = c.location_id
where lot.id = %(lot_id)s and s.quantity > 0
order by c.code
limit 500

-- :name mounts
-- The units that use a lot now.
select unit.path as equipment, place.code as location, m.mounted_at, m.quantity_at_mount
from mounted_lot as m
join equipment as unit on unit.id = m.equipment_id
join location as place on place.id = m.location_id
where m.lot_id = %(lot_id)s and m.unmounted_at is null
order by m.id

-- :name serials
-- How many numbered pieces of a lot are in stock.
select count(*) from serial where lot_id = %(lot_id)s and state = 'in_stock'

-- :name first_movement
-- The posting that brought a lot into the books.
select min(id) from movement where lot_id = %(lot_id)s

-- :name last_movements
-- The last postings of a lot, newest first.
select id from movement where lot_id = %(lot_id)s order by id desc limit %(limit)s
