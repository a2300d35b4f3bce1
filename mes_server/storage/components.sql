-- :name present
-- Components that an order's open operations use now.
select c.operation_id, o.number as operation, item.id as item_id, item.code as item, c.location_id, c.quantity,
    c.base_quantity, c.scrap_percent, c.measured, c.produced_from, c.standard_before, c.issued, o.produced,
    other.code as substitute_for
from work_order_operation as o
join operation_component as c on c.operation_id = o.id
join item on item.id = c.item_id
left join item as other on other.id = c.substitute_for
where o.work_order_id = %(order_id)s and o.state not in ('not_allowed_to_start', 'completed', 'closed', 'aborted')
order by o.number, item.code

-- :name planned
-- Components that they would use by the bill and routing in force.
select o.id as operation_id, o.number as operation, item.id as item_id, item.code as item, p.location_id, p.quantity,
    p.base_quantity, p.scrap_percent, p.measured, o.produced as produced_from, 0::numeric as standard_before,
    0::numeric as issued, o.produced, null::text as substitute_for
from work_order_operation as o
cross join lateral planned_components(o.id, %(day)s) as p
join item on item.id = p.item_id
where o.work_order_id = %(order_id)s and o.state not in ('not_allowed_to_start', 'completed', 'closed', 'aborted')
order by o.number, item.code

-- :name restate
-- A component is stated anew from now on; what it came to before stays, and where it was measured, what was measured. Before
-- its operation has begun, it is from the beginning.
with changed as (
    select c.*, o.started_at is not null as begun, o.released_at, o.produced as produced_now, component_due(
            o.produced, c.produced_from, c.standard_before, c.quantity, c.base_quantity, c.scrap_percent) as standard
    from operation_component as c join work_order_operation as o on o.id = c.operation_id
    where c.operation_id = %(operation_id)s and c.item_id = %(item_id)s
), kept as (
    insert into component_statement (operation_id, item_id, location_id, from_at, until_at, quantity, base_quantity,
        scrap_percent, measured, substitute_for, produced)
    select operation_id, item_id, location_id, case when begun then stated_at else coalesce(released_at, %(now)s::timestamptz) end,
        case when begun then %(now)s::timestamptz else coalesce(released_at, %(now)s::timestamptz) end, quantity, base_quantity, scrap_percent,
        measured, substitute_for, greatest(produced_now - produced_from, 0)
    from changed
)
update operation_component as c
set settled = c.settled + case when c.measured
        then c.issued - c.issued_from - (changed.standard - c.standard_before) else 0 end,
    standard_before = changed.standard, issued_from = c.issued, produced_from = changed.produced_now,
    stated_at = case when changed.begun then %(now)s::timestamptz end, quantity = %(quantity)s, base_quantity = %(base_quantity)s, scrap_percent = %(scrap_percent)s,
    measured = %(measured)s, substitute_for = (select id from item where code = %(substitute_for)s)
from changed
where c.operation_id = changed.operation_id and c.item_id = changed.item_id

-- :name end
-- A component is used no more from now on; what was used of it stays, and where it was measured, what was measured.
with ended as (
    delete from operation_component as c using work_order_operation as o
    where o.id = c.operation_id and c.operation_id = %(operation_id)s and c.item_id = %(item_id)s
    returning c.*, o.started_at is not null as begun, o.released_at, o.produced, component_due(
        o.produced, c.produced_from, c.standard_before, c.quantity, c.base_quantity, c.scrap_percent) as standard
), kept as (
    insert into component_statement (operation_id, item_id, location_id, from_at, until_at, quantity, base_quantity,
        scrap_percent, measured, substitute_for, produced)
    select operation_id, item_id, location_id, case when begun then stated_at else coalesce(released_at, %(now)s::timestamptz) end,
        case when begun then %(now)s::timestamptz else coalesce(released_at, %(now)s::timestamptz) end, quantity, base_quantity, scrap_percent,
        measured, substitute_for, greatest(produced - produced_from, 0)
    from ended
)
insert into operation_component_past (operation_id, item_id, location_id, quantity, base_quantity, scrap_percent, measured,
    substitute_for, lot_id, produced_until, standard, issued, settled, ended_at)
select operation_id, item_id, location_id, quantity, base_quantity, scrap_percent, measured, substitute_for, lot_id,
    produced, standard, issued,
    settled + case when measured then issued - issued_from - (standard - standard_before) else 0 end, %(now)s
from ended

-- :name begin
-- A component is used from now on, besides what an earlier use of it came to; the one lot that would do then will do now.
with earlier as (
    delete from operation_component_past where operation_id = %(operation_id)s and item_id = %(item_id)s
    returning standard, issued, settled, lot_id
)
insert into operation_component (operation_id, item_id, location_id, quantity, base_quantity, scrap_percent, measured,
    produced_from, standard_before, issued, issued_from, settled, lot_id, stated_at, substitute_for)
select o.id, %(item_id)s, %(location_id)s, %(quantity)s, %(base_quantity)s, %(scrap_percent)s, %(measured)s, o.produced,
    coalesce(earlier.standard, 0), coalesce(earlier.issued, 0), coalesce(earlier.issued, 0), coalesce(earlier.settled, 0),
    earlier.lot_id, case when o.started_at is not null then %(now)s::timestamptz end, (select id from item where code = %(substitute_for)s)
from work_order_operation as o left join earlier on true
where o.id = %(operation_id)s

-- :name past
-- How a component that is used no more was stated.
select item.code as item, p.quantity, p.base_quantity, p.scrap_percent, p.measured
from operation_component_past as p join item on item.id = p.item_id
where p.operation_id = %(operation_id)s and item.code = %(item)s

-- :name permitted
-- Substitutes that the order's release permitted for a component, the preferred one first.
select item.code, s.ratio
from operation_substitute as s
join item on item.id = s.substitute_id
join item as component on component.id = s.item_id
where s.operation_id = %(operation_id)s and component.code = %(item)s
order by s.priority, item.code

-- :name forget_substitutes
-- What was permitted before a re-freeze is not any more.
delete from operation_substitute as s using work_order_operation as o
where o.id = s.operation_id and o.work_order_id = %(order_id)s

-- :name freeze_substitutes
-- What the bill in force permits in place of an order's components.
insert into operation_substitute (operation_id, item_id, substitute_id, ratio, priority)
select o.id, s.item_id, s.substitute_id, s.ratio, s.priority
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
join operation_component as c on c.operation_id = o.id
join bill_substitute as s on s.bill_id = bill_in_force(w.item_id, %(day)s) and s.item_id = c.item_id
where o.work_order_id = %(order_id)s

-- :name freeze_outputs
-- What the yielding operation puts out besides, by the bill in force, each into a lot named like the order.
with wanted as (
    select o.id as operation_id, p.item_id, coalesce(p.location_id, unit.output_id) as location_id, p.quantity,
        bill.base_quantity, p.kind, w.number
    from work_order_operation as o
    join work_order as w on w.id = o.work_order_id
    join equipment as unit on unit.id = o.equipment_id
    join bill_of_material as bill on bill.id = bill_in_force(w.item_id, %(day)s)
    join bill_output as p on p.bill_id = bill.id
    where o.work_order_id = %(order_id)s and o.yields
        and not exists (select 1 from work_order_link as k where k.child_id = w.id and k.kind = 'rework')
), made as (
    insert into lot (item_id, code, received_at) select item_id, number, %(now)s from wanted
    on conflict (item_id, code) do update set code = excluded.code
    returning id, item_id
)
insert into operation_output (operation_id, item_id, lot_id, location_id, quantity, base_quantity, kind)
select wanted.operation_id, wanted.item_id, made.id, wanted.location_id, wanted.quantity, wanted.base_quantity, wanted.kind
from wanted join made on made.item_id = wanted.item_id

-- :name bind_rework
-- A rework order takes its pieces from the lot of the order that it reworks, and from no other.
update operation_component as c set lot_id = source.output_lot_id
from work_order_operation as o, work_order_link as k, work_order_operation as source
where o.work_order_id = %(order_id)s and c.operation_id = o.id and k.child_id = o.work_order_id and k.kind = 'rework'
    and source.work_order_id = k.parent_id and source.yields

-- :name outputs
-- What an order puts out besides its pieces.
select w.number, o.number as operation, item.code as item, item.name as item_name, item.unit, lot.code as lot,
    place.code as location, place.name as location_name, p.quantity, p.base_quantity, p.kind, p.posted,
    output_due(o.good, p.good_from, p.standard_before, p.quantity, p.base_quantity) as due
from operation_output as p
join work_order_operation as o on o.id = p.operation_id
join work_order as w on w.id = o.work_order_id
join item on item.id = p.item_id
join lot on lot.id = p.lot_id
join location as place on place.id = p.location_id
where w.number = %(number)s
order by item.code

-- :name all
-- Every component of an order's operations, in use or not any more, with its standard and what was issued.
select o.number as operation, item.code as item, item.name as item_name, item.unit, c.quantity, c.base_quantity,
    c.scrap_percent, c.measured, c.produced_from, null::numeric as produced_until,
    component_due(o.produced, c.produced_from, c.standard_before, c.quantity, c.base_quantity, c.scrap_percent) as standard,
    c.issued, other.code as substitute_for,
    array(select sub.code from operation_substitute as s join item as sub on sub.id = s.substitute_id
        where s.operation_id = o.id and s.item_id = c.item_id order by s.priority, sub.code) as substitutes
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
join operation_component as c on c.operation_id = o.id
join item on item.id = c.item_id
left join item as other on other.id = c.substitute_for
where w.number = %(number)s
union all
select o.number, item.code, item.name, item.unit, p.quantity, p.base_quantity, p.scrap_percent, p.measured, 0,
    p.produced_until, p.standard, p.issued, other.code, '{}'
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
join operation_component_past as p on p.operation_id = o.id
join item on item.id = p.item_id
left join item as other on other.id = p.substitute_for
where w.number = %(number)s
order by 1, 2
