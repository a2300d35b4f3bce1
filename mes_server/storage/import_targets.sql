-- What imports compare with and write to. Each `present_` query gives key and fields in the words of the import.

-- :name present_items
-- Items as they are.
select code as key, jsonb_build_object('code', code, 'name_en', name ->> 'en', 'name_zh', name ->> 'zh', 'unit', unit,
    'procurement', procurement, 'standard_cost', amount(standard_cost), 'item_class', item_class, 'abc_class', abc_class,
    'gtin', gtin, 'serialised', serialised) as fields
from item where code = any(%(codes)s)

-- :name present_locations
-- Locations as they are.
select l.code as key, jsonb_build_object('code', l.code, 'name_en', l.name ->> 'en', 'name_zh', l.name ->> 'zh',
    'kind', l.kind, 'parent', p.code) as fields
from location as l left join location as p on p.id = l.parent_id
where l.code = any(%(codes)s)

-- :name present_bills
-- Bills as they are, whole, by item and revision.
select head.code || '/' || b.revision as key, jsonb_build_object('item', head.code, 'revision', b.revision,
    'base_quantity', amount(b.base_quantity), 'components', coalesce((
        select jsonb_object_agg(part.code, jsonb_build_object('quantity', amount(c.quantity),
            'scrap_percent', amount(c.scrap_percent), 'measured', c.measured))
        from bill_component as c join item as part on part.id = c.item_id where c.bill_id = b.id), '{}')) as fields
from bill_of_material as b join item as head on head.id = b.item_id
where head.code = any(%(codes)s)

-- :name present_lots
-- Lots as they are, with what lies of them at real places.
select i.code || '/' || t.code as key, jsonb_build_object('item', i.code, 'lot', t.code,
    'expires_on', t.expires_on, 'supplier_lot', t.supplier_lot, 'stock', coalesce((
        select jsonb_object_agg(l.code, amount(b.quantity))
        from balance as b join location as l on l.id = b.location_id
        where b.lot_id = t.id and b.physical and b.quantity <> 0), '{}')) as fields
from lot as t join item as i on i.id = t.item_id
where i.code = any(%(items)s) and t.code = any(%(codes)s)

-- :name present_orders
-- Orders as they are, with their first operation's unit and whether nobody released or touched them.
select w.number as key, jsonb_build_object('number', w.number, 'item', i.code, 'quantity', amount(w.quantity),
    'due_at', w.due_at, 'priority', w.priority::text, 'over_percent', amount(w.over_percent),
    'equipment', (select e.path from work_order_operation as o join equipment as e on e.id = o.equipment_id
        where o.work_order_id = w.id order by o.number limit 1)) as fields
from work_order as w join item as i on i.id = w.item_id
where w.number = any(%(codes)s)

-- :name made_items
-- Which of these items are made here.
select code from item where code = any(%(codes)s) and procurement = 'make'

-- :name known_units
-- Which of these paths are units.
select path from equipment where path = any(%(codes)s) and level = 'unit'

-- :name unreal_places
-- Which of these locations are accounts of the ledger and hold no stock.
select code from location where code = any(%(codes)s) and not physical

-- :name stocked_places
-- Which of these places hold stock, and keep their kind.
select code from location as l where code = any(%(codes)s)
    and exists (select 1 from balance where location_id = l.id and open and physical and quantity <> 0)

-- :name write_items
-- Items new or changed; what a row does not know, as rows from before a field was imported, stays.
insert into item (code, name, unit, procurement, standard_cost, item_class, abc_class, gtin, serialised)
select r.code, jsonb_strip_nulls(jsonb_build_object('en', name_en, 'zh', name_zh)), r.unit, r.procurement, r.standard_cost,
    coalesce(r.item_class, known.item_class, ''),
    case when one.fields ? 'abc_class' then r.abc_class else known.abc_class end,
    case when one.fields ? 'gtin' then r.gtin else known.gtin end,
    coalesce(r.serialised, known.serialised, false)
from jsonb_array_elements(%(rows)s) as one (fields)
cross join lateral jsonb_to_record(one.fields)
    as r (code text, name_en text, name_zh text, unit text, procurement text, standard_cost numeric(18, 6),
        item_class text, abc_class text, gtin text, serialised boolean)
left join item as known on known.code = r.code
on conflict (code) do update
set name = item.name || excluded.name, unit = excluded.unit, procurement = excluded.procurement,
    standard_cost = excluded.standard_cost, item_class = excluded.item_class, abc_class = excluded.abc_class,
    gtin = excluded.gtin, serialised = excluded.serialised

-- :name write_locations
-- Locations new or changed, their parents aside.
insert into location (code, name, kind)
select code, jsonb_strip_nulls(jsonb_build_object('en', name_en, 'zh', name_zh)), kind
from jsonb_to_recordset(%(rows)s) as r (code text, name_en text, name_zh text, kind text)
on conflict (code) do update set name = location.name || excluded.name, kind = excluded.kind

-- :name write_parents
-- Puts locations into the places that contain them.
update location set parent_id = p.id
from jsonb_to_recordset(%(rows)s) as r (code text, parent text)
left join location as p on p.code = r.parent
where location.code = r.code and location.parent_id is distinct from p.id

-- :name write_bills
-- Heads of bills new or changed.
insert into bill_of_material (item_id, revision, base_quantity)
select i.id, r.revision, r.base_quantity
from jsonb_to_recordset(%(rows)s) as r (item text, revision text, base_quantity numeric(18, 6))
join item as i on i.code = r.item
on conflict (item_id, revision) do update set base_quantity = excluded.base_quantity

-- :name clear_bills
-- Takes out of bills what they no longer name; what stays keeps whatever hangs on it.
delete from bill_component using bill_of_material as b, item as i, item as part
where b.id = bill_component.bill_id and i.id = b.item_id and part.id = bill_component.item_id
    and exists (
        select 1 from jsonb_to_recordset(%(rows)s) as r (item text, revision text, components jsonb)
        where r.item = i.code and r.revision = b.revision and not r.components ? part.code)

-- :name write_components
-- Components of bills, new or changed.
insert into bill_component (bill_id, item_id, quantity, scrap_percent, measured)
select b.id, part.id, (c.value ->> 'quantity')::numeric, (c.value ->> 'scrap_percent')::numeric,
    (c.value ->> 'measured')::boolean
from jsonb_to_recordset(%(rows)s) as r (item text, revision text, components jsonb)
cross join jsonb_each(r.components) as c (key, value)
join item as i on i.code = r.item
join bill_of_material as b on b.item_id = i.id and b.revision = r.revision
join item as part on part.code = c.key
on conflict (bill_id, item_id) do update
set quantity = excluded.quantity, scrap_percent = excluded.scrap_percent, measured = excluded.measured

-- :name delete_items
-- Takes items out again; fails where something refers to one.
delete from item where code = any(%(codes)s)

-- :name delete_locations
-- Takes locations out again; fails where something refers to one.
delete from location where code = any(%(codes)s)

-- :name delete_bills
-- Takes bills out again, by item and revision.
delete from bill_of_material as b using item as i
where i.id = b.item_id and i.code || '/' || b.revision = any(%(codes)s)

-- :name delete_routings
-- Takes routings out again, by item and revision.
delete from routing as r using item as i
where i.id = r.item_id and i.code || '/' || r.revision = any(%(codes)s)

-- :name released_since
-- Items of these whose orders were released since a time: their bills were used.
select distinct i.code from work_order_operation as o
join work_order as w on w.id = o.work_order_id
join item as i on i.id = w.item_id
where i.code = any(%(codes)s) and o.released_at >= %(since)s

-- :name moved_lots
-- Lots of an import that were moved by anything else since.
select distinct i.code || '/' || t.code from movement as m
join lot as t on t.id = m.lot_id join item as i on i.id = m.item_id
where (i.code || '/' || t.code) = any(%(codes)s) and m.id <> all(%(movements)s)

-- :name movements
-- Movements as they are to be mirrored.
select id, item_id, lot_id, from_id, to_id, quantity from movement where id = any(%(movements)s) order by id

-- :name started_orders
-- Orders of these that somebody released or did more with.
select distinct w.number from work_order_operation as o join work_order as w on w.id = o.work_order_id
where w.number = any(%(codes)s) and o.state <> 'not_allowed_to_start'

-- :name operations_of
-- Numbers of an order's operations.
select o.number from work_order_operation as o join work_order as w on w.id = o.work_order_id
where w.number = %(code)s order by o.number
