-- What imports of suppliers, units, loops and purchase orders compare with and write to, in the words of the import.

-- :name present_suppliers
-- Suppliers as they are.
select code as key, jsonb_build_object('code', code, 'name_en', name ->> 'en', 'name_zh', name ->> 'zh', 'active', active)
    as fields
from supplier where code = any(%(codes)s)

-- :name present_units
-- Further units of items as they are.
select i.code || '/' || u.unit as key, jsonb_build_object('item', i.code, 'unit', u.unit,
    'numerator', u.numerator::text, 'denominator', u.denominator::text) as fields
from item_unit as u join item as i on i.id = u.item_id
where i.code = any(%(codes)s)

-- :name present_loops
-- Loops of items as they are; only transfers have a source that people name.
select i.code || '/' || p.code as key, jsonb_build_object('item', i.code, 'location', p.code, 'kind', l.kind,
    'method', l.method, 'source', case when l.kind = 'transfer' then source.code end, 'supplier', s.code,
    'reorder_point', amount(l.reorder_point), 'order_quantity', amount(l.order_quantity),
    'max_quantity', amount(l.max_quantity), 'safety_stock', amount(l.safety_stock), 'lead_time_s', l.lead_time_s::text,
    'order_min', amount(l.order_min), 'order_multiple', amount(l.order_multiple), 'order_max', amount(l.order_max),
    'pack_unit', l.pack_unit, 'scanned', l.scanned, 'lot_sizing', l.lot_sizing, 'period_days', l.period_days::text,
    'active', l.active) as fields
from replenishment_loop as l
join item as i on i.id = l.item_id
join location as p on p.id = l.location_id
join location as source on source.id = l.source_id
left join supplier as s on s.id = l.supplier_id
where i.code = any(%(codes)s)

-- :name present_purchases
-- Lines of purchase orders as they are; the price for one of the unit in which it was ordered, and for a stock unit.
select o.number || '/' || n.number as key, jsonb_build_object('number', o.number, 'supplier', s.code,
    'line', n.number::text, 'item', i.code, 'location', p.code, 'quantity', amount(n.unit_quantity), 'unit', n.unit,
    'price', amount(round(n.price * n.quantity / n.unit_quantity, 6)), 'due_at', n.due_at,
    'over_percent', amount(n.over_percent), 'state', o.state, 'stock_price', amount(n.price),
    'stock_quantity', amount(n.quantity), 'touched', n.received > 0 or n.rejected > 0) as fields
from purchase_line as n
join purchase_order as o on o.id = n.order_id
join supplier as s on s.id = o.supplier_id
join item as i on i.id = n.item_id
join location as p on p.id = n.location_id
where o.number = any(%(codes)s)

-- :name stock_units
-- Items with their stock units.
select code, unit from item where code = any(%(codes)s)

-- :name open_places
-- Which of these places take stock.
select code from location where code = any(%(codes)s) and physical and active and kind <> 'site'

-- :name live_suppliers
-- Which of these suppliers take orders.
select code from supplier where code = any(%(codes)s) and active

-- :name write_suppliers
-- Suppliers new or changed.
insert into supplier (code, name, active)
select code, jsonb_strip_nulls(jsonb_build_object('en', name_en, 'zh', name_zh)), active
from jsonb_to_recordset(%(rows)s) as r (code text, name_en text, name_zh text, active boolean)
on conflict (code) do update set name = supplier.name || excluded.name, active = excluded.active

-- :name write_units
-- Further units new or changed; those that are not named stay.
insert into item_unit (item_id, unit, numerator, denominator)
select i.id, r.unit, r.numerator, r.denominator
from jsonb_to_recordset(%(rows)s) as r (item text, unit text, numerator bigint, denominator bigint)
join item as i on i.code = r.item
on conflict (item_id, unit) do update set numerator = excluded.numerator, denominator = excluded.denominator

-- :name loop_places
-- Ids of items and places of loops, by code.
select i.id, p.id from jsonb_to_recordset(%(rows)s) as r (item text, location text)
join item as i on i.code = r.item join location as p on p.code = r.location

-- :name write_loops
-- Loops new or changed, whole.
insert into replenishment_loop (item_id, location_id, source_id, kind, method, supplier_id, reorder_point, order_quantity,
    max_quantity, safety_stock, lead_time_s, order_min, order_multiple, order_max, pack_unit, scanned, lot_sizing,
    period_days, active)
select i.id, p.id, source.id, r.kind, r.method, s.id, r.reorder_point, r.order_quantity, r.max_quantity, r.safety_stock,
    r.lead_time_s, r.order_min, r.order_multiple, r.order_max, nullif(r.pack_unit, i.unit), r.scanned, r.lot_sizing,
    r.period_days, r.active
from jsonb_to_recordset(%(rows)s) as r (item text, location text, kind text, method text, source text, supplier text,
    reorder_point numeric(18, 6), order_quantity numeric(18, 6), max_quantity numeric(18, 6), safety_stock numeric(18, 6),
    lead_time_s integer, order_min numeric(18, 6), order_multiple numeric(18, 6), order_max numeric(18, 6), pack_unit text,
    scanned boolean, lot_sizing text, period_days integer, active boolean)
join item as i on i.code = r.item
join location as p on p.code = r.location
join location as source on source.code = case r.kind
    when 'purchase' then 'SUPPLIER' when 'make' then 'PRODUCTION' else r.source end
left join supplier as s on s.code = r.supplier
on conflict (item_id, location_id) do update
set source_id = excluded.source_id, kind = excluded.kind, method = excluded.method, supplier_id = excluded.supplier_id,
    reorder_point = excluded.reorder_point, order_quantity = excluded.order_quantity,
    max_quantity = excluded.max_quantity, safety_stock = excluded.safety_stock, lead_time_s = excluded.lead_time_s,
    order_min = excluded.order_min, order_multiple = excluded.order_multiple, order_max = excluded.order_max,
    pack_unit = excluded.pack_unit, scanned = excluded.scanned, lot_sizing = excluded.lot_sizing,
    period_days = excluded.period_days, active = excluded.active

-- :name delete_suppliers
-- Takes suppliers out again; fails where something refers to one.
delete from supplier where code = any(%(codes)s)

-- :name delete_units
-- Takes further units out again, by item and unit.
delete from item_unit as u using item as i where i.id = u.item_id and i.code || '/' || u.unit = any(%(codes)s)

-- :name used_units
-- Units of these, by item and unit, that loops pack in or purchase orders are open in.
select i.code || '/' || l.pack_unit from replenishment_loop as l join item as i on i.id = l.item_id
where i.code || '/' || l.pack_unit = any(%(codes)s)
union
select i.code || '/' || n.unit from purchase_line as n join item as i on i.id = n.item_id
where n.open and i.code || '/' || n.unit = any(%(codes)s)
order by 1

-- :name delete_loops
-- Takes loops out that nothing refers to, by item and location.
delete from replenishment_loop as l using item as i, location as p
where i.id = l.item_id and p.id = l.location_id and i.code || '/' || p.code = any(%(codes)s)
    and not exists (select 1 from replenishment_signal where loop_id = l.id)
    and not exists (select 1 from supply_proposal where loop_id = l.id)
    and not exists (select 1 from kanban_card where loop_id = l.id)

-- :name switch_off_loops
-- Loops that called already stay for the record, and call no more.
update replenishment_loop as l set active = false from item as i, location as p
where i.id = l.item_id and p.id = l.location_id and i.code || '/' || p.code = any(%(codes)s)
