-- :name due_again
-- Orders that have ended and had postings since they were looked at. Who is being settled now is so again.
with mark as (
    select m.through, d.through as upto
    from settlement_mark as m cross join stock_day_mark as d
    where d.through > m.through
    for update of m
), looked as (
    update settlement_mark set through = mark.upto from mark
)
insert into settlement_due as d (work_order_id)
select distinct o.work_order_id
from mark
join movement as v on v.id > mark.through and v.id <= mark.upto
join work_order_operation as o on o.id = v.operation_id
where o.state in ('closed', 'aborted') and not exists (
    select 1 from work_order_operation as x
    where x.work_order_id = o.work_order_id and x.state not in ('closed', 'aborted'))
order by o.work_order_id
on conflict (work_order_id) do update set work_order_id = d.work_order_id

-- :name settled
-- What of an order was settled already.
select coalesce(sum(material), 0) as material, coalesce(sum(conversion), 0) as conversion,
    coalesce(sum(made_value), 0) as made_value, 0::numeric as made
from order_settlement where work_order_id = %(order_id)s

-- :name due
-- Orders to settle, and the order itself locked: who settles another one at the same time takes the next.
select w.id from settlement_due as d join work_order as w on w.id = d.work_order_id
order by w.id
limit 1
for update of d skip locked

-- :name done
-- The order is settled.
delete from settlement_due where work_order_id = %(order_id)s

-- :name add
-- What was settled.
insert into order_settlement (work_order_id, item_id, at, material, conversion, made_value, to_stock, variance)
values (%(order_id)s, %(item_id)s, %(at)s, %(material)s, %(conversion)s, %(made_value)s, %(to_stock)s, %(variance)s)

-- :name operations
-- The operations of an order.
select id from work_order_operation where work_order_id = %(order_id)s

-- :name consumed_items
-- What an order consumed, given back or not.
select distinct m.item_id
from movement as m
join location as origin on origin.id = m.from_id
join location as target on target.id = m.to_id
where m.operation_id = any (%(operations)s) and m.at <= %(at)s and 'consumption' in (origin.kind, target.kind)
order by m.item_id

-- :name made
-- What an order made: its item, how many of it came into stock, what everything it made came in at (as `costs.stretches`
-- values it), and conversion for all that it produced; before what was settled already.
select w.item_id, item.code as item,
    coalesce(sum(flow.quantity) filter (where flow.item_id = w.item_id), 0) as made,
    round(coalesce(sum(flow.worth), 0), 6) as made_value,
    round(item.conversion_cost * (
        select coalesce(sum(o.produced), 0) from work_order_operation as o
        where o.work_order_id = w.id and o.yields), 6) as conversion
from work_order as w
join item on item.id = w.item_id
left join lateral (
    select m.item_id, m.quantity * x.sign as quantity,
        coalesce(own.amount, m.quantity * other.standard_cost) * x.sign as worth
    from movement as m
    join item as other on other.id = m.item_id
    join location as origin on origin.id = m.from_id
    join location as target on target.id = m.to_id
    left join movement_price as own on own.movement_id = coalesce(m.reverses_id, m.id)
    cross join lateral (select case when origin.kind = 'production' then 1 else -1 end as sign) as x
    where m.operation_id = any (%(operations)s) and m.at <= %(at)s and 'production' in (origin.kind, target.kind)
        and case when origin.kind = 'production' then target.physical and target.kind <> 'scrap'
            else origin.physical and origin.kind <> 'scrap' end
) as flow on true
where w.id = %(order_id)s
group by w.id, item.id

-- :name find
-- Settlements, newest first, or those of one order.
select s.id, w.number as order, item.code as item, item.name as item_name, item.unit, s.material, s.conversion,
    s.made_value, s.to_stock, s.variance, s.at as settled_at
from order_settlement as s
join work_order as w on w.id = s.work_order_id
join item on item.id = s.item_id
where (%(number)s::text is null or w.number = %(number)s) and (%(before)s::integer is null or s.id < %(before)s)
order by s.id desc
limit %(limit)s
