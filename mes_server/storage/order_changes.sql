-- :name note
-- What was changed on an order, and why.
insert into work_order_change (work_order_id, operation_id, what, before, after, reason, at, person_id, command_id)
values (%(order_id)s, %(operation_id)s, %(what)s, %(before)s, %(after)s, %(reason)s, %(at)s, %(person_id)s, %(command_id)s)

-- :name find
-- What people changed on an order, newest first.
select c.id, o.number as operation, c.what, c.before, c.after, c.reason, c.at, person.name as person
from work_order_change as c
join work_order as w on w.id = c.work_order_id
left join work_order_operation as o on o.id = c.operation_id
left join person on person.id = c.person_id
where w.number = %(number)s and (%(before)s::integer is null or c.id < %(before)s)
order by c.id desc
limit %(limit)s

-- :name terms
-- What an order asks for, as people change it; null tolerances are unlimited.
select quantity, due_at, priority, case when not over_unlimited then over_percent end as over_percent,
    case when not under_unlimited then under_percent end as under_percent
from work_order where id = %(order_id)s

-- :name set_terms
-- What an order asks for from now on.
update work_order
set quantity = %(quantity)s, due_at = %(due_at)s, priority = %(priority)s,
    over_percent = coalesce(%(over_percent)s, 0), over_unlimited = %(over_percent)s::numeric is null,
    under_percent = coalesce(%(under_percent)s, 0), under_unlimited = %(under_percent)s::numeric is null
where id = %(order_id)s

-- :name copy_operations
-- An order's operations, anew, for the order that is split off it.
insert into work_order_operation (work_order_id, number, equipment_id, name, setup_s, run_s, yields, outsourced)
select %(child_id)s, number, equipment_id, name, setup_s, run_s, yields, outsourced
from work_order_operation where work_order_id = %(parent_id)s
order by number

-- :name copy_units
-- The units that can do the copied operations.
insert into operation_unit (operation_id, equipment_id, preference)
select copied.id, c.equipment_id, c.preference
from work_order_operation as copied
join work_order_operation as o on o.work_order_id = %(parent_id)s and o.number = copied.number
join operation_unit as c on c.operation_id = o.id
where copied.work_order_id = %(child_id)s

-- :name copy_routing
-- Whether the copied order follows a routing, and which.
update work_order as child set routed = parent.routed, routing_revision = parent.routing_revision
from work_order as parent where child.id = %(child_id)s and parent.id = %(parent_id)s

-- :name copy_rework
-- What is split off a rework order reworks pieces of the same original.
insert into work_order_link (parent_id, child_id, kind, quantity, at, command_id)
select k.parent_id, %(child_id)s, 'rework', %(quantity)s, %(at)s, %(command_id)s
from work_order_link as k where k.child_id = %(parent_id)s and k.kind = 'rework'

-- :name link
-- One order came of another.
insert into work_order_link (parent_id, child_id, kind, quantity, at, command_id)
values (%(parent_id)s, %(child_id)s, %(kind)s, %(quantity)s, %(at)s, %(command_id)s)

-- :name mark_linked
-- Both orders of a link say that they have one.
update work_order set linked = true where id in (%(parent_id)s, %(child_id)s) and not linked

-- :name shrink_rework
-- A rework order that is split reworks so many pieces less itself.
update work_order_link set quantity = quantity - %(quantity)s where child_id = %(parent_id)s and kind = 'rework'

-- :name awaiting_rework
-- Pieces of an order's lot that wait for rework, less what orders are to rework already, whether these have reserved it or
-- not.
select coalesce((
        select sum(b.quantity - b.reserved) from balance as b
        join location as l on l.id = b.location_id and l.code = 'REWORK'
        where b.item_id = %(item_id)s and b.lot_id = %(lot_id)s), 0)
    + coalesce((
        select sum(r.remaining)
        from work_order_link as k
        join work_order_operation as o on o.work_order_id = k.child_id
        join reservation as r on r.operation_id = o.id and r.remaining > 0
        join location as l on l.id = r.location_id and l.code = 'REWORK'
        where k.parent_id = %(order_id)s and k.kind = 'rework' and r.item_id = %(item_id)s and r.lot_id = %(lot_id)s), 0)
    - coalesce((
        select sum(greatest(w.quantity - o.produced, 0))
        from work_order_link as k
        join work_order as w on w.id = k.child_id
        join work_order_operation as o on o.work_order_id = w.id
            and o.number = (select min(number) from work_order_operation where work_order_id = w.id)
        where k.parent_id = %(order_id)s and k.kind = 'rework' and o.state not in ('completed', 'closed', 'aborted')), 0)
