-- :name upsert_items
-- Items of a document; gives a row for each that is new or changed.
insert into item (code, name, unit, procurement, standard_cost)
select code, name, unit, procurement, standard_cost
from jsonb_to_recordset(%(rows)s)
    as given (code text, name jsonb, unit text, procurement text, standard_cost numeric(18, 6))
on conflict (code) do update
set name = excluded.name, unit = excluded.unit, procurement = excluded.procurement,
    standard_cost = excluded.standard_cost
where (item.name, item.unit, item.procurement, item.standard_cost)
    is distinct from (excluded.name, excluded.unit, excluded.procurement, excluded.standard_cost)
returning id

-- :name items_with_stock_in_another_unit
-- Items that the document gives another unit although something is booked in the present one.
select item.code
from jsonb_to_recordset(%(rows)s) as given (code text, unit text)
join item on item.code = given.code and item.unit <> given.unit
where exists (select 1 from movement where movement.item_id = item.id)
order by 1

-- :name upsert_locations
-- Locations of a document, parents aside; gives a row for each that is new or changed.
insert into location (code, name, kind)
select code, name, kind
from jsonb_to_recordset(%(rows)s) as given (code text, name jsonb, kind text)
on conflict (code) do update
set name = excluded.name, kind = excluded.kind
where (location.name, location.kind) is distinct from (excluded.name, excluded.kind)
returning id

-- :name set_parents
-- Puts locations into the places that contain them.
update location set parent_id = parent.id
from jsonb_to_recordset(%(rows)s) as given (code text, parent text)
left join location as parent on parent.code = given.parent
where location.code = given.code and location.parent_id is distinct from parent.id
returning location.id

-- :name unreal_locations
-- Codes of the document that belong to the other side of the double entry.
select location.name from location
where not physical and code in (select code from jsonb_to_recordset(%(rows)s) as given (code text))

-- :name upsert_bills
-- Heads of bills; gives a row for each that is new or changed.
insert into bill_of_material (item_id, revision, base_quantity, valid_from, valid_until)
select item.id, given.revision, given.base_quantity, given.valid_from, given.valid_until
from jsonb_to_recordset(%(rows)s)
    as given (item text, revision text, base_quantity numeric(18, 6), valid_from date, valid_until date)
join item on item.code = given.item
on conflict (item_id, revision) do update
set base_quantity = excluded.base_quantity, valid_from = excluded.valid_from, valid_until = excluded.valid_until
where (bill_of_material.base_quantity, bill_of_material.valid_from, bill_of_material.valid_until)
    is distinct from (excluded.base_quantity, excluded.valid_from, excluded.valid_until)
returning id

-- :name drop_components
-- Takes out what a bill of the document no longer names; orders keep what was frozen on them.
delete from bill_component using bill_of_material as bill, item as head, item as component
where bill.id = bill_component.bill_id
    and head.id = bill.item_id
    and component.id = bill_component.item_id
    and exists (
        select 1 from jsonb_to_recordset(%(heads)s) as given (item text, revision text)
        where given.item = head.code and given.revision = bill.revision)
    and not exists (
        select 1 from jsonb_to_recordset(%(rows)s) as given (head text, revision text, item text)
        where given.head = head.code and given.revision = bill.revision and given.item = component.code)

-- :name upsert_components
-- Components of the document's bills; gives a row for each that is new or changed.
insert into bill_component (bill_id, item_id, quantity, scrap_percent, measured)
select bill.id, component.id, given.quantity, given.scrap_percent, given.measured
from jsonb_to_recordset(%(rows)s) as given (head text, revision text, item text, quantity numeric(18, 6),
    scrap_percent numeric(9, 4), measured boolean)
join item as head on head.code = given.head
join bill_of_material as bill on bill.item_id = head.id and bill.revision = given.revision
join item as component on component.code = given.item
on conflict (bill_id, item_id) do update
set quantity = excluded.quantity, scrap_percent = excluded.scrap_percent, measured = excluded.measured
where (bill_component.quantity, bill_component.scrap_percent, bill_component.measured)
    is distinct from (excluded.quantity, excluded.scrap_percent, excluded.measured)
returning item_id

-- :name bills
-- Every item that has a bill, and the items it names.
select head.code as item, array_agg(component.code) as components
from bill_component
join bill_of_material as bill on bill.id = bill_component.bill_id
join item as head on head.id = bill.item_id
join item as component on component.id = bill_component.item_id
group by head.code

-- :name upsert_people
-- People; gives a row for each that is new or changed.
insert into person (badge, name, roles, language)
select badge, name, roles, language
from jsonb_to_recordset(%(rows)s) as given (badge text, name text, roles text[], language text)
on conflict (badge) do update
set name = excluded.name, roles = excluded.roles, language = excluded.language
where (person.name, person.roles, person.language) is distinct from (excluded.name, excluded.roles, excluded.language)
returning id

-- :name missing_items
-- Which of these codes is no item.
select code from unnest(%(codes)s::text[]) as given (code) where code not in (select code from item) order by 1

-- :name missing_locations
-- Which of these codes is no location.
select code from unnest(%(codes)s::text[]) as given (code) where code not in (select code from location) order by 1
