-- What there is, by code, as the sheets for an import have it: a page of codes each. `after` is the last one seen.

-- :name items
-- Items.
select code from item where code > %(after)s order by code limit %(limit)s

-- :name locations
-- Places that hold stock or other places.
select code from location where physical and code > %(after)s order by code limit %(limit)s

-- :name suppliers
-- Suppliers.
select code from supplier where code > %(after)s order by code limit %(limit)s

-- :name bills
-- Items that have a bill.
select code from item
where code > %(after)s and exists (select 1 from bill_of_material where item_id = item.id) order by code limit %(limit)s

-- :name routings
-- Items that have a routing.
select code from item
where code > %(after)s and exists (select 1 from routing where item_id = item.id) order by code limit %(limit)s

-- :name units
-- Items with further units.
select code from item
where code > %(after)s and exists (select 1 from item_unit where item_id = item.id) order by code limit %(limit)s

-- :name loops
-- Items with replenishment loops.
select code from item
where code > %(after)s and exists (select 1 from replenishment_loop where item_id = item.id) order by code limit %(limit)s

-- :name lots
-- Items of which something lies somewhere.
select code from item
where code > %(after)s and exists (select 1 from balance where item_id = item.id and open and physical and quantity > 0)
order by code limit %(limit)s

-- :name orders
-- Orders that are not over.
select number as code from work_order as w
where number > %(after)s and exists (
    select 1 from work_order_operation as o
    where o.work_order_id = w.id and o.state not in ('completed', 'closed', 'aborted'))
order by number limit %(limit)s

-- :name purchases
-- Purchase orders that are not over.
select number as code from purchase_order where number > %(after)s and state in ('open', 'confirmed')
order by number limit %(limit)s

-- :name lots_of
-- What lies of items at real places, lot by lot.
select i.code as item, t.code as lot, amount(b.quantity) as quantity, l.code as location, t.expires_on::text as expires_on,
    t.supplier_lot
from item as i
join balance as b on b.item_id = i.id
join lot as t on t.id = b.lot_id
join location as l on l.id = b.location_id
where i.code = any(%(codes)s) and b.open and b.physical and b.quantity > 0
order by i.code, t.code, l.code
