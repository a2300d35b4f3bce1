-- :name create
-- A new container; no row when its code is taken.
insert into container (code, kind, location_id, tare, tare_unit, created_at)
values (%(code)s, %(kind)s, %(location_id)s, %(tare)s, %(tare_unit)s, %(at)s)
on conflict (code) do nothing
returning id

-- :name lock
-- A container, locked.
select container.id, container.code, container.location_id, location.name as place, container.sealed
from container join location on location.id = container.location_id
where container.code = %(code)s
for update of container

-- :name contents
-- What a container holds now.
select s.item_id, item.code as item, item.name as item_name, item.unit, s.lot_id, lot.code as lot, s.quantity
from container_stock as s
join item on item.id = s.item_id
join lot on lot.id = s.lot_id
where s.container_id = %(id)s and s.quantity > 0
    and s.item_id = any (array(select item_id from container_content where container_id = %(id)s))
    and s.lot_id = any (array(select lot_id from container_content where container_id = %(id)s))
order by item.code, lot.code

-- :name packed_there
-- How much of a lot at a place is in containers.
select coalesce(sum(quantity), 0) from container_stock
where item_id = %(item_id)s and lot_id = %(lot_id)s and location_id = %(location_id)s

-- :name add
-- So much more of a lot is in a container; less, when negative.
insert into container_content (container_id, item_id, lot_id, quantity)
values (%(id)s, %(item_id)s, %(lot_id)s, %(quantity)s)
on conflict (container_id, item_id, lot_id) do update set quantity = container_content.quantity + excluded.quantity

-- :name take
-- So much less of a lot is in a container.
update container_content set quantity = quantity - %(quantity)s
where container_id = %(id)s and item_id = %(item_id)s and lot_id = %(lot_id)s

-- :name set_place
-- The container stands elsewhere.
update container set location_id = %(location_id)s, moved_at = %(at)s where id = %(id)s

-- :name set_sealed
-- The container is full, or open again.
update container set sealed = %(sealed)s where id = %(id)s

-- :name find
-- Containers in order of their id.
select c.id, c.code, c.kind, location.code as location, location.name as location_name, c.tare, c.tare_unit, c.sealed,
    c.moved_at
from container as c
join location on location.id = c.location_id
where c.id > %(after)s
    and (%(code)s::text is null or c.code = %(code)s)
    and (%(location)s::text is null or location.code = %(location)s)
    and (%(item)s::text is null or exists (
        select 1 from container_stock as s join item on item.id = s.item_id
        where s.container_id = c.id and item.code = %(item)s and s.quantity > 0))
order by c.id
limit %(limit)s
