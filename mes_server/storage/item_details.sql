-- :name set_details
-- Class, ABC class, GTIN, serial numbering and conversion cost of a document's items; what a row leaves out stays.
update item
set item_class = coalesce(given.item_class, item.item_class), abc_class = coalesce(given.abc_class, item.abc_class),
    gtin = coalesce(given.gtin, item.gtin), serialised = coalesce(given.serialised, item.serialised),
    conversion_cost = coalesce(given.conversion_cost, item.conversion_cost)
from jsonb_to_recordset(%(rows)s)
    as given (code text, item_class text, abc_class text, gtin text, serialised boolean, conversion_cost numeric(18, 6))
where given.code = item.code
    and (item.item_class, item.abc_class, item.gtin, item.serialised, item.conversion_cost) is distinct from (
        coalesce(given.item_class, item.item_class), coalesce(given.abc_class, item.abc_class),
        coalesce(given.gtin, item.gtin), coalesce(given.serialised, item.serialised),
        coalesce(given.conversion_cost, item.conversion_cost))
returning item.id

-- :name taken_gtins
-- GTINs of the document that other items have.
select item.gtin, item.code
from jsonb_to_recordset(%(rows)s) as given (code text, gtin text)
join item on item.gtin = given.gtin and item.code <> given.code
limit 1

-- :name drop_units
-- Takes out units that an item of the document no longer names; items that name no units keep theirs.
delete from item_unit
using item, jsonb_to_recordset(%(rows)s) as given (code text, units jsonb)
where item.code = given.code and item_unit.item_id = item.id and jsonb_typeof(given.units) = 'array'
    and not exists (
        select 1 from jsonb_to_recordset(given.units) as unit (unit text, numerator bigint, denominator bigint)
        where unit.unit = item_unit.unit)
returning item.id

-- :name set_units
-- Units of the document's items; gives a row for each that is new or changed.
insert into item_unit (item_id, unit, numerator, denominator)
select item.id, unit.unit, unit.numerator, unit.denominator
from jsonb_to_recordset(%(rows)s) as given (code text, units jsonb)
join item on item.code = given.code
cross join lateral jsonb_to_recordset(
    case when jsonb_typeof(given.units) = 'array' then given.units else '[]' end)
    as unit (unit text, numerator bigint, denominator bigint)
on conflict (item_id, unit) do update
set numerator = excluded.numerator, denominator = excluded.denominator
where (item_unit.numerator, item_unit.denominator) <> (excluded.numerator, excluded.denominator)
returning item_id

-- :name unit_factors
-- All units of some items, stock units included.
select item.code as item, item.unit, 1::bigint as numerator, 1::bigint as denominator
from item where item.code = any (%(codes)s)
union all
select item.code, item_unit.unit, item_unit.numerator, item_unit.denominator
from item_unit join item on item.id = item_unit.item_id
where item.code = any (%(codes)s)

-- :name by_gtin
-- The item that a GS1 label names.
select code from item where gtin = %(gtin)s

-- :name find
-- Items with all that is known of them, in order of their id.
select item.id, item.code, item.name, item.unit, item.procurement, item.standard_cost, item.item_class, item.abc_class,
    item.gtin, item.serialised,
    coalesce((
        select jsonb_agg(jsonb_build_object('unit', u.unit, 'numerator', u.numerator, 'denominator', u.denominator)
            order by u.unit)
        from item_unit as u where u.item_id = item.id), '[]') as units
from item
where item.id > %(after)s
    and (%(code)s::text is null or item.code = %(code)s)
    and (%(item_class)s::text is null or item.item_class = %(item_class)s)
    and (%(abc_class)s::text is null or item.abc_class = %(abc_class)s)
    and (%(gtin)s::text is null or item.gtin = %(gtin)s)
    and (%(procurement)s::text is null or item.procurement = %(procurement)s)
order by item.id
limit %(limit)s

-- :name save
-- An item, made or brought to what is given, further units aside; its id.
insert into item (code, name, unit, procurement, standard_cost, item_class, abc_class, gtin, serialised)
select code, name, unit, procurement, standard_cost, item_class, abc_class, gtin, serialised
from jsonb_to_record(%(row)s) as given (code text, name jsonb, unit text, procurement text, standard_cost numeric(18, 6),
    item_class text, abc_class text, gtin text, serialised boolean)
on conflict (code) do update
set name = excluded.name, unit = excluded.unit, procurement = excluded.procurement,
    standard_cost = excluded.standard_cost, item_class = excluded.item_class, abc_class = excluded.abc_class,
    gtin = excluded.gtin, serialised = excluded.serialised
returning id

-- :name shown
-- Where an item lies or is called for, and the live operations that make it: their cards show its name.
select
    array(select location_id from balance where item_id = %(item_id)s and open and physical
        union select location_id from replenishment_loop where item_id = %(item_id)s order by 1) as places,
    array(select o.id from work_order_operation as o join work_order as w on w.id = o.work_order_id
        where w.item_id = %(item_id)s and o.state not in ('closed', 'aborted') order by 1) as operations

-- :name packed_in
-- Units into whose whole number an item's replenishment loops round.
select distinct l.pack_unit from replenishment_loop as l join item as i on i.id = l.item_id
where i.code = %(code)s and l.pack_unit is not null order by 1

-- :name gtin_owners
-- The items that have these GTINs.
select gtin, code from item where gtin = any(%(gtins)s)
