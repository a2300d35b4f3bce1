-- :name due
-- What an operation's good pieces bring besides, what of it is posted, and what of that lies free where it came out.
select x.item_id, x.lot_id, x.location_id,
    output_due(o.good, x.good_from, x.standard_before, x.quantity, x.base_quantity) as due, x.posted,
    coalesce((
        select b.quantity - b.reserved from balance as b
        where b.item_id = x.item_id and b.location_id = x.location_id and b.lot_id = x.lot_id), 0) as free
from operation_output as x
join work_order_operation as o on o.id = x.operation_id
where x.operation_id = %(operation_id)s
order by x.item_id

-- :name places
-- What an operation puts out besides, and where.
select item_id, location_id from operation_output where operation_id = %(operation_id)s

-- :name post
-- So much more of it (less, when negative) is posted.
update operation_output set posted = posted + %(quantity)s
where operation_id = %(operation_id)s and item_id = %(item_id)s

-- :name present
-- What an order's open yielding operation puts out besides now.
select x.operation_id, o.number as operation, x.item_id, item.code as item, x.quantity, x.base_quantity, x.kind,
    x.location_id
from operation_output as x
join work_order_operation as o on o.id = x.operation_id
join item on item.id = x.item_id
where o.work_order_id = %(order_id)s and x.quantity > 0
    and o.state not in ('not_allowed_to_start', 'completed', 'closed', 'aborted')
order by item.code

-- :name planned
-- What it would put out by the bill in force on a day.
select o.id as operation_id, o.number as operation, p.item_id, item.code as item, p.quantity, bill.base_quantity, p.kind,
    coalesce(p.location_id, unit.output_id) as location_id
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
join equipment as unit on unit.id = o.equipment_id
join bill_of_material as bill on bill.id = bill_in_force(w.item_id, %(day)s)
join bill_output as p on p.bill_id = bill.id
join item on item.id = p.item_id
where o.work_order_id = %(order_id)s and o.yields
    and o.state not in ('not_allowed_to_start', 'completed', 'closed', 'aborted')
    and not exists (select 1 from work_order_link as k where k.child_id = w.id and k.kind = 'rework')
order by item.code

-- :name state
-- From the good pieces on that there are now, an output is stated like this; one that is new gets a lot named like the order.
with made as (
    insert into lot (item_id, code, received_at)
    select %(item_id)s, w.number, %(now)s
    from work_order_operation as o join work_order as w on w.id = o.work_order_id
    where o.id = %(operation_id)s
    on conflict (item_id, code) do update set code = excluded.code
    returning id
)
insert into operation_output as x (operation_id, item_id, lot_id, location_id, quantity, base_quantity, kind, good_from)
select o.id, %(item_id)s, made.id, %(location_id)s, %(quantity)s, %(base_quantity)s, %(kind)s, o.good
from work_order_operation as o cross join made
where o.id = %(operation_id)s
on conflict (operation_id, item_id) do update
set standard_before = output_due(excluded.good_from, x.good_from, x.standard_before, x.quantity, x.base_quantity),
    good_from = excluded.good_from, quantity = excluded.quantity, base_quantity = excluded.base_quantity,
    kind = excluded.kind, location_id = excluded.location_id
