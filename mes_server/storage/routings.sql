-- :name missing_units
-- Which of these paths is no unit of the plant.
select path from unnest(%(paths)s::text[]) as given (path)
where path not in (select path from equipment where level = 'unit') order by 1

-- :name head
-- Gives an item's routing of that revision its dates, making it if it is not there; its id.
insert into routing (item_id, revision, valid_from, valid_until)
select id, %(revision)s, %(valid_from)s, %(valid_until)s from item where code = %(item)s
on conflict (item_id, revision) do update set valid_from = excluded.valid_from, valid_until = excluded.valid_until
returning id

-- :name clear
-- Takes a routing's operations out; orders keep what was frozen on them.
delete from routing_operation where routing_id = %(routing_id)s

-- :name add_operation
-- One operation of a routing; its id.
insert into routing_operation (routing_id, number, name, setup_s, run_s, outsourced)
values (%(routing_id)s, %(number)s, %(name)s, %(setup_s)s, %(run_s)s, %(outsourced)s)
returning id

-- :name add_units
-- The units that can do an operation, the preferred one first.
insert into routing_unit (routing_operation_id, equipment_id, preference)
select %(operation_id)s, equipment.id, given.place
from unnest(%(units)s::text[]) with ordinality as given (path, place)
join equipment on equipment.path = given.path

-- :name add_components
-- The components that an operation consumes.
insert into routing_component (routing_operation_id, item_id)
select %(operation_id)s, item.id from item where item.code = any (%(components)s)

-- :name find
-- Routings by item and revision, oldest revision first.
select item.code as item, routing.revision, routing.valid_from, routing.valid_until, routing.id
from routing join item on item.id = routing.item_id
where (%(item)s::text is null or item.code = %(item)s) and (%(revision)s::text is null or routing.revision = %(revision)s)
    and routing.id > %(after)s
order by routing.id
limit %(limit)s

-- :name operations
-- The operations of routings, in the order in which they are done.
select o.routing_id, o.number, o.name, o.setup_s, o.run_s, o.outsourced,
    (select array_agg(u.path order by c.preference) from routing_unit as c join equipment as u on u.id = c.equipment_id
     where c.routing_operation_id = o.id) as units,
    coalesce((select array_agg(i.code order by i.code) from routing_component as c join item as i on i.id = c.item_id
     where c.routing_operation_id = o.id), '{}') as components
from routing_operation as o
where o.routing_id = any (%(ids)s)
order by o.routing_id, o.number

-- :name in_force
-- The routing of an item that is in force on a day, with its revision.
select id, revision from routing where id = routing_in_force(%(item_id)s, %(day)s)

-- :name drop_planned
-- Takes planned operations out of an order that its routing does not have.
delete from work_order_operation as o
where o.work_order_id = %(order_id)s and o.state = 'not_allowed_to_start'
    and not exists (select 1 from routing_operation as r where r.routing_id = %(routing_id)s and r.number = o.number)

-- :name update_planned
-- Brings an order's planned operations to its routing; a unit that can still do the operation stays chosen.
update work_order_operation as o
set name = r.name, setup_s = r.setup_s, run_s = r.run_s, outsourced = r.outsourced,
    yields = r.number = (select max(number) from routing_operation where routing_id = r.routing_id),
    equipment_id = (
        select c.equipment_id from routing_unit as c where c.routing_operation_id = r.id
        order by c.equipment_id <> o.equipment_id, c.preference limit 1)
from routing_operation as r
where o.work_order_id = %(order_id)s and r.routing_id = %(routing_id)s and r.number = o.number
    and o.state = 'not_allowed_to_start'

-- :name add_planned
-- Gives an order the operations of its routing that it does not have yet, each on its preferred unit.
insert into work_order_operation (work_order_id, number, equipment_id, name, setup_s, run_s, outsourced, yields)
select %(order_id)s, r.number,
    (select c.equipment_id from routing_unit as c where c.routing_operation_id = r.id order by c.preference limit 1),
    r.name, r.setup_s, r.run_s, r.outsourced,
    r.number = (select max(number) from routing_operation where routing_id = r.routing_id)
from routing_operation as r
where r.routing_id = %(routing_id)s
order by r.number
on conflict (work_order_id, number) do nothing

-- :name clear_units
-- Forgets which units could do an order's operations.
delete from operation_unit as c using work_order_operation as o
where o.id = c.operation_id and o.work_order_id = %(order_id)s

-- :name freeze_units
-- Which units can do an order's operations, as its routing says now.
insert into operation_unit (operation_id, equipment_id, preference)
select o.id, c.equipment_id, c.preference
from work_order_operation as o
join routing_operation as r on r.routing_id = %(routing_id)s and r.number = o.number
join routing_unit as c on c.routing_operation_id = r.id
where o.work_order_id = %(order_id)s

-- :name note_revision
-- Says on the order which routing it follows.
update work_order set routed = true, routing_revision = %(revision)s where id = %(order_id)s

-- :name units_of
-- Paths of the units that can do an operation, the preferred one first; its own where nothing else was frozen.
select path from (
    select u.path, c.preference from operation_unit as c join equipment as u on u.id = c.equipment_id
    where c.operation_id = %(operation_id)s
    union all
    select u.path, 0 from work_order_operation as o join equipment as u on u.id = o.equipment_id
    where o.id = %(operation_id)s and not exists (select 1 from operation_unit where operation_id = o.id)
) as found
order by preference, path

-- :name set_unit
-- Puts an operation on a unit.
update work_order_operation set equipment_id = %(equipment_id)s, version = version + 1 where id = %(operation_id)s

-- :name move_components
-- What the operation consumes comes from another line side now; pieces to rework stay where they wait.
update operation_component set location_id = %(location_id)s where operation_id = %(operation_id)s and lot_id is null
