-- :name keep_price
-- What was paid for a receipt.
insert into movement_price (movement_id, amount) values (%(movement_id)s, %(amount)s)

-- :name stretches
-- Per item: each movement with a price, and what came and went without one until the next, up to a time; and of that, what
-- certain operations consumed. Valued stock is what lies at real places but scrap. Pieces that are made come in at the
-- standard cost; when their order is settled, they take what it really cost.
with flow as (
    select m.item_id, m.at, m.id,
        m.operation_id = any (%(operations)s) and 'consumption' in (origin.kind, target.kind) as own,
        case when target.physical and target.kind <> 'scrap' then m.quantity else -m.quantity end as quantity,
        coalesce(own.amount, m.quantity * coalesce(purchase.price,
            case when 'production' in (origin.kind, target.kind) then item.standard_cost end)) as worth
    from movement as m
    join item on item.id = m.item_id
    join location as origin on origin.id = m.from_id
    join location as target on target.id = m.to_id
    left join movement_price as own on own.movement_id = coalesce(m.reverses_id, m.id)
    left join purchase_receipt as purchase on purchase.movement_id = coalesce(m.reverses_id, m.id)
    where m.item_id = any (%(items)s) and m.at <= %(at)s
        and (origin.physical and origin.kind <> 'scrap') <> (target.physical and target.kind <> 'scrap')
    union all
    select s.item_id, s.at, 9223372036854775807, false, 0, s.to_stock
    from order_settlement as s
    where s.item_id = any (%(items)s) and s.at <= %(at)s and s.to_stock <> 0
), numbered as (
    select flow.*, count(*) filter (where worth is not null)
        over (partition by item_id order by at, id rows unbounded preceding) as stretch
    from flow
)
select item_id, coalesce(sum(quantity) filter (where worth is not null), 0) as gained,
    coalesce(sum(worth * case when quantity < 0 then -1 else 1 end), 0) as worth,
    coalesce(sum(quantity) filter (where worth is null), 0) as moved,
    coalesce(sum(quantity) filter (where worth is null and own), 0) as own
from numbered
group by item_id, stretch
order by item_id, stretch

-- :name standards
-- Standard costs of items.
select id, standard_cost from item where id = any (%(items)s)

-- :name items
-- Items in order of their id.
select id, code, name, unit, standard_cost from item
where id > %(after)s and (%(code)s::text is null or code = %(code)s)
order by id limit %(limit)s

-- :name work_in_process
-- What orders took at standard, less what they made of it at standard; for orders that are at work, or one by its number.
with chosen as (
    select w.id, w.number, w.item_id
    from work_order as w
    where w.id > %(after)s
        and case when %(order)s::text is not null then w.number = %(order)s
            else exists (
                select 1 from work_order_operation as o
                where o.work_order_id = w.id and o.state in ('running', 'held', 'suspended', 'completed')) end
    order by w.id
    limit %(limit)s
), flow as (
    select o.work_order_id,
        coalesce(sum(case target.kind when 'consumption' then m.quantity else -m.quantity end * item.standard_cost)
            filter (where 'consumption' in (origin.kind, target.kind)), 0) as issued_value,
        coalesce(sum(case origin.kind when 'production' then m.quantity else -m.quantity end * item.standard_cost)
            filter (where 'production' in (origin.kind, target.kind)), 0) as made_value,
        coalesce(sum(case origin.kind when 'production' then m.quantity else -m.quantity end)
            filter (where 'production' in (origin.kind, target.kind) and m.item_id = chosen.item_id), 0) as made
    from chosen
    join work_order_operation as o on o.work_order_id = chosen.id
    join movement as m on m.operation_id = o.id
    join item on item.id = m.item_id
    join location as origin on origin.id = m.from_id
    join location as target on target.id = m.to_id
    group by o.work_order_id
)
select chosen.id, chosen.number as order, item.code as item, item.name as item_name, item.unit,
    coalesce(flow.made, 0) as made, round(coalesce(flow.issued_value, 0), 2) as issued_value,
    round(coalesce(flow.made_value, 0), 2) as made_value,
    round(coalesce(flow.issued_value, 0) - coalesce(flow.made_value, 0), 2) as in_process_value
from chosen
join item on item.id = chosen.item_id
left join flow on flow.work_order_id = chosen.id
order by chosen.id
