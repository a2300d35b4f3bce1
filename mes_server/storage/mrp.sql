-- What material requirements planning reads, and the proposals it leaves.

-- :name lock
-- One run at a time.
select pg_advisory_xact_lock(2, 1)

-- :name items
-- Every item with its stock that may be used, its bill of the day, and how it is planned: by its loop that buys or makes,
-- the planned one first.
select i.code as item, i.procurement = 'make' as made, coalesce(stock.quantity, 0) as on_hand,
    coalesce(p.safety_stock, 0) as safety_stock, coalesce(p.lead_time_s, 0) as lead_time_s,
    coalesce(p.lot_sizing, 'lot_for_lot') as lot_sizing, p.order_quantity as lot,
    coalesce(p.period_days, 0) as period_days, p.order_min as minimum, p.order_multiple as multiple,
    round(u.numerator::numeric / u.denominator, 6) as pack, p.order_max as maximum,
    coalesce(p.method <> 'mrp', false) as left_to_loop,
    coalesce(parts.parts, '[]') as parts, p.location_id, p.supplier_id, i.id
from item i
left join lateral (
    select sum(b.quantity) as quantity
    from balance b
    join location l on l.id = b.location_id and l.kind not in ('scrap', 'quarantine')
    join lot t on t.id = b.lot_id and t.status = 'available' and (t.expires_on is null or t.expires_on >= %(today)s)
    where b.item_id = i.id and b.open and b.physical) stock on true
left join lateral (
    select q.* from replenishment_loop q
    where q.item_id = i.id and q.active and q.kind = case i.procurement when 'make' then 'make' else 'purchase' end
    order by q.method = 'mrp' desc, q.id limit 1) p on true
left join item_unit u on u.item_id = i.id and u.unit = p.pack_unit
left join lateral (
    select jsonb_agg(jsonb_build_object('item', part.code, 'quantity', c.quantity::text,
        'base', bill.base_quantity::text, 'scrap_percent', c.scrap_percent::text) order by part.code) as parts
    from bill_of_material bill
    join bill_component c on c.bill_id = bill.id
    join item part on part.id = c.item_id
    where i.procurement = 'make' and bill.id = bill_in_force(i.id, %(today)s)) parts on true
order by i.code

-- :name requirements
-- What orders of our own still want of each item, wanted at their due date (planning takes off the time to make them), and
-- consumption that waits for stock, wanted now. What waits for one lot alone is no requirement: neither other stock nor
-- anything that is bought or made can serve it. Pieces to rework are no stock to plan with, and nobody makes them for it.
select i.code as item, made.code as made, sum(x.quantity) as quantity, x.at, x.ref
from (
    select c.item_id, w.item_id as made_id, component_wanted(w.quantity, o.good, o.produced, c.produced_from,
            c.standard_before, c.quantity, c.base_quantity, c.scrap_percent, c.issued - c.settled) as quantity,
        w.due_at as at, w.number as ref
    from work_order_operation o
    join work_order w on w.id = o.work_order_id
    join operation_component c on c.operation_id = o.id
    where o.state in ('allowed_to_start', 'running', 'held', 'suspended') and c.lot_id is null
    union all
    select c.item_id, w.item_id,
        round(w.quantity * c.quantity * (100 + c.scrap_percent) / (c.base_quantity * 100), 6), w.due_at, w.number
    from work_order_operation o
    join work_order w on w.id = o.work_order_id
    cross join lateral planned_components(o.id, %(today)s) c
    where o.state = 'not_allowed_to_start'
        and not exists (select 1 from work_order_link k where k.child_id = w.id and k.kind = 'rework')
    union all
    select h.item_id, null, h.remaining, %(now)s, coalesce(w.number, 'shortage')
    from shortage h
    left join work_order_operation o on o.id = h.operation_id
    left join work_order w on w.id = o.work_order_id
    where h.settled_at is null and h.lot_id is null
) x
join item i on i.id = x.item_id
left join item made on made.id = x.made_id
where x.quantity > 0 and x.at <= %(horizon)s
group by i.code, made.code, x.at, x.ref
order by i.code, x.at, x.ref, made.code nulls first

-- :name bound_to_lots
-- What waits for one lot and nothing else, for people to look at.
select i.code as item, t.code || coalesce(' (' || w.number || ')', '') as ref, min(h.since) as at
from shortage h
join item i on i.id = h.item_id
join lot t on t.id = h.lot_id
left join work_order_operation o on o.id = h.operation_id
left join work_order w on w.id = o.work_order_id
where h.settled_at is null
group by i.code, t.code, w.number
order by i.code, t.code, w.number

-- :name receipts
-- What comes anyway: open purchase order lines and orders of our own.
select i.code as item, n.quantity - n.received as quantity, n.due_at as at, o.number || '/' || n.number as ref
from purchase_line n
join purchase_order o on o.id = n.order_id
join item i on i.id = n.item_id
where n.open and n.quantity > n.received
union all
select i.code, w.quantity - o.good, w.due_at, w.number
from work_order_operation o
join work_order w on w.id = o.work_order_id
join item i on i.id = w.item_id
where o.yields and o.state in ('not_allowed_to_start', 'allowed_to_start', 'running', 'held', 'suspended')
    and w.quantity > o.good
order by item, at, ref

-- :name missing_items
-- Which of these codes is no item.
select code from unnest(%(codes)s::text[]) as given (code) where code not in (select code from item) order by 1

-- :name open_run
-- The run itself.
insert into mrp_run (at, horizon_at, demands, notes, person_id, command_id)
values (%(now)s, %(horizon)s, %(demands)s, %(notes)s, %(person_id)s, %(command_id)s)
returning id

-- :name supersede
-- What earlier runs proposed and nobody decided is out of date.
update supply_proposal set state = 'superseded', decided_at = %(now)s where state = 'proposed' and run_id is not null

-- :name propose
-- The plan's orders as proposals, in the plan's order.
insert into supply_proposal (kind, item_id, location_id, run_id, supplier_id, quantity, proposed_quantity, start_at, due_at,
    why, pegs, raised_at, command_id)
select kind, item_id, location_id, %(run_id)s, supplier_id, quantity, quantity, start_at, due_at, why, pegs, %(now)s,
    %(command_id)s
from jsonb_to_recordset(%(rows)s) as given (nr integer, kind text, item_id integer, location_id integer,
    supplier_id integer, quantity numeric, start_at timestamptz, due_at timestamptz, why jsonb, pegs jsonb)
order by nr

-- :name runs
-- Runs, newest first, with how many of their proposals wait.
select r.id, r.at, r.horizon_at, r.demands, r.notes, p.name as person,
    (select count(*) from supply_proposal g where g.run_id = r.id) as proposals,
    (select count(*) from supply_proposal g where g.run_id = r.id and g.state = 'proposed') as waiting
from mrp_run r left join person p on p.id = r.person_id
where (%(id)s::integer is null or r.id = %(id)s) and (%(before)s::integer is null or r.id < %(before)s)
order by r.id desc
limit %(limit)s
