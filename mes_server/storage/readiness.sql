-- :name orders
-- Orders with an operation in one of the states, by number, in the order in which they are due.
select w.id, w.number, w.due_at, w.priority, item.code as item, item.name as item_name, item.unit, w.quantity as target
from work_order as w
join item on item.id = w.item_id
where (%(number)s::text is null or w.number = %(number)s)
    and exists (
        select 1 from work_order_operation as o join equipment as unit on unit.id = o.equipment_id
        where o.work_order_id = w.id and o.state = any (%(states)s::text[])
            and (%(equipment)s::text is null or unit.path = %(equipment)s or unit.path like %(below)s))
    and (%(after)s::integer is null or (w.due_at, w.id) > (select due_at, id from work_order where id = %(after)s))
order by w.due_at, w.id
limit %(limit)s

-- :name components
-- What the open operations of orders consume (frozen, or planned before release), and all there is of it.
with part as materialized (
    select o.id as operation_id, o.work_order_id, o.number as operation, greatest(w.quantity - o.good, 0) as to_make,
        w.quantity as target, c.item_id, c.location_id, c.quantity, c.base_quantity, c.scrap_percent, c.measured, c.issued
    from work_order_operation as o
    join work_order as w on w.id = o.work_order_id
    cross join lateral (
        select f.item_id, f.location_id, f.quantity, f.base_quantity, f.scrap_percent, f.measured, f.issued
        from operation_component as f where f.operation_id = o.id
        union all
        select p.item_id, p.location_id, p.quantity, p.base_quantity, p.scrap_percent, p.measured, 0
        from planned_components(o.id, %(today)s) as p where o.state = 'not_allowed_to_start'
    ) as c
    where o.work_order_id = any (%(orders)s) and o.state not in ('completed', 'closed', 'aborted')
), claimed as (
    select r.operation_id, r.item_id, r.location_id, sum(r.remaining) as quantity
    from reservation as r
    where r.remaining > 0 and r.operation_id in (select operation_id from part)
    group by 1, 2, 3
), free as (
    select b.item_id, b.location_id, sum(b.quantity - b.reserved) as quantity
    from balance as b
    join lot on lot.id = b.lot_id
    join location as place on place.id = b.location_id
    where b.open and b.physical and b.item_id in (select item_id from part) and lot.status = 'available'
        and (lot.expires_on is null or lot.expires_on >= %(today)s)
        and (place.kind in ('store', 'bin', 'line_side', 'in_transit', 'finished')
            or (b.item_id, b.location_id) in (select item_id, location_id from part))
    group by 1, 2
)
select part.work_order_id, part.operation_id, part.operation, item.code as item, item.name as item_name, item.unit,
    place.code as location, place.name as location_name, part.target, part.to_make, part.quantity, part.base_quantity,
    part.scrap_percent, part.measured, part.issued,
    coalesce((select f.quantity from free as f where f.item_id = part.item_id and f.location_id = part.location_id), 0)
        + coalesce((select c.quantity from claimed as c where c.operation_id = part.operation_id
            and c.item_id = part.item_id and c.location_id = part.location_id), 0) as here,
    coalesce((select sum(c.quantity) from claimed as c
        where c.operation_id = part.operation_id and c.item_id = part.item_id), 0) as reserved,
    coalesce((
        select jsonb_agg(jsonb_build_object('location', l.code, 'location_name', l.name, 'quantity',
            (coalesce(f.quantity, 0) + coalesce(c.quantity, 0))::text) order by l.kind = 'line_side', l.code)
        from location as l
        left join free as f on f.location_id = l.id and f.item_id = part.item_id
        left join claimed as c on c.location_id = l.id and c.item_id = part.item_id and c.operation_id = part.operation_id
        where l.id <> part.location_id and coalesce(f.quantity, 0) + coalesce(c.quantity, 0) > 0), '[]') as elsewhere,
    coalesce((
        select jsonb_agg(jsonb_build_object('kind', s.kind, 'reference', s.reference, 'quantity', s.quantity::text,
            'at', s.at, 'external', s.external) order by s.at)
        from (
            select 'call' as kind, g.id::text as reference, g.quantity - g.delivered_quantity as quantity,
                g.raised_at + make_interval(secs => loop.lead_time_s) as at, not source.physical as external
            from replenishment_signal as g
            join replenishment_loop as loop on loop.id = g.loop_id
            join location as source on source.id = loop.source_id
            where loop.item_id = part.item_id and loop.location_id = part.location_id
                and g.state in ('raised', 'accepted', 'picked') and g.quantity > g.delivered_quantity
            union all
            select 'purchase', o.number || '/' || n.number, n.quantity - n.received, n.due_at, true
            from purchase_line as n join purchase_order as o on o.id = n.order_id
            where n.item_id = part.item_id and n.open and n.quantity > n.received
            union all
            select 'work_order', w.number, w.quantity - o.good, w.due_at, true
            from work_order as w
            join work_order_operation as o on o.work_order_id = w.id and o.yields
            where w.item_id = part.item_id and w.id <> part.work_order_id and w.quantity > o.good
                and o.state in ('not_allowed_to_start', 'allowed_to_start', 'running', 'held', 'suspended')
        ) as s), '[]') as incoming
from part
join item on item.id = part.item_id
left join location as place on place.id = part.location_id
order by part.work_order_id, part.operation, item.code
