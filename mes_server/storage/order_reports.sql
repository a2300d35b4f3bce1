-- What an order used and made, lot by lot; and whether orders were ready when they were due.

-- :name lots
-- The lots that the operations of an order consumed or made, as the ledger sums them.
select o.number as operation, item.code as item, item.name as item_name, item.unit, lot.code as lot, lot.status,
    unit.path as equipment, x.consumed, x.produced, x.since, x.until, round(x.consumed * item.standard_cost, 2) as consumed_value
from work_order as w
join work_order_operation as o on o.work_order_id = w.id
join operation_lot as x on x.operation_id = o.id
join lot on lot.id = x.lot_id
join item on item.id = x.item_id
left join equipment as unit on unit.id = x.equipment_id
where w.number = %(number)s and (x.consumed is not null or x.produced is not null)
order by o.number, x.produced is not null, item.code, x.since nulls last, lot.code
limit %(limit)s offset %(offset)s

-- :name deliveries
-- Orders whose last operation was completed within the window, the latest against its due time first.
with ready as (
    select w.number as order, item.code as item, item.name as item_name, item.unit, w.quantity as target, o.good, w.due_at, o.ended_at,
        round(extract(epoch from o.ended_at - w.due_at) / 60, 1) as late_minutes,
        o.ended_at <= w.due_at as on_time, o.good >= w.quantity as in_full
    from work_order_operation as o
    join work_order as w on w.id = o.work_order_id
    join item on item.id = w.item_id
    where o.yields and o.state in ('completed', 'closed') and o.ended_at > %(since)s and o.ended_at <= %(until)s
)
select ready.*, count(*) over () as orders, count(*) filter (where ready.on_time) over () as orders_on_time,
    count(*) filter (where ready.in_full) over () as orders_in_full
from ready
order by late_minutes desc, ready.order
limit %(limit)s offset %(offset)s
