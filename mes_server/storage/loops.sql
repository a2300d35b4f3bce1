-- Replenishment loops: how they are set, what they see now, and the history their figures can be learned from.

-- :name find
-- Loops in the order of item and place, each with what its rule sees now.
select p.id, i.code as item, i.name as item_name, i.unit, l.code as location, l.name as location_name, src.code as source,
    s.code as supplier, (
        select jsonb_object_agg(told.key, told.value)
        from jsonb_each_text(to_jsonb(p) - array['id', 'item_id', 'location_id', 'source_id', 'supplier_id']) as told)
    as setting,
    f.on_hand, f.reserved, f.waiting, f.asked, f.called, f.purchased, f.made,
    f.on_hand + f.called + f.purchased + f.made - f.reserved - f.waiting - f.asked as projected,
    round(r.rate, 6) as rate_per_hour, run_out(f.on_hand, r.rate, %(now)s) as runs_out_at,
    (select min(o.due_at) from open_supply o
     where o.item_id = p.item_id and o.location_id = p.location_id and o.quantity > 0) as next_supply_at,
    (select g.id from replenishment_signal g
     where g.loop_id = p.id and g.state in ('raised', 'accepted', 'picked')) as open_call,
    (select g.id from supply_proposal g where g.loop_id = p.id and g.state = 'proposed') as open_proposal,
    (select count(*) from kanban_card c where c.loop_id = p.id) as cards,
    (select count(*) from kanban_card c where c.loop_id = p.id and c.state = 'empty') as empty_cards,
    i.code || '|' || l.code as position
from replenishment_loop p
join item i on i.id = p.item_id
join location l on l.id = p.location_id
join location src on src.id = p.source_id
left join supplier s on s.id = p.supplier_id
cross join lateral place_projection(p.item_id, p.location_id) f
cross join lateral (select place_rate(p.item_id, p.location_id, %(now)s) as rate) r
where (%(item)s::text is null or i.code = %(item)s)
    and (%(location)s::text is null or l.code = %(location)s)
    and (%(method)s::text is null or p.method = %(method)s)
    and (%(kind)s::text is null or p.kind = %(kind)s)
    and i.code || '|' || l.code > %(after)s
order by position
limit %(limit)s

-- :name places_of
-- Where a loop brings its item to and takes it from.
select p.item_id, p.location_id, p.source_id
from replenishment_loop p
join item i on i.id = p.item_id
join location l on l.id = p.location_id
where i.code = %(item)s and l.code = %(location)s

-- :name lock
-- A loop and its names, locked until the transaction ends, after the say about its places. A call refers to its loop, and
-- does not wait for this.
select p.id, p.item_id, i.code as item, p.location_id, l.name as location_name, l.code as location, p.source_id,
    p.kind, p.method, p.order_quantity, p.safety_stock, p.lead_time_s
from replenishment_loop p
join item i on i.id = p.item_id
join location l on l.id = p.location_id
where i.code = %(item)s and l.code = %(location)s
for no key update of p

-- :name picked_from_elsewhere
-- A call that is picked from another place than its loop is to name from now on.
select i.code, g.id
from jsonb_to_recordset(%(rows)s) as r (item text, location text, kind text, source text)
join item i on i.code = r.item
join location l on l.code = r.location
join replenishment_loop p on p.item_id = i.id and p.location_id = l.id
join replenishment_signal g on g.loop_id = p.id and g.state = 'picked'
join location source on source.id = p.source_id
where r.kind <> 'transfer' or r.source <> source.code
order by g.id limit 1

-- :name open_call
-- The open call of a loop.
select id from replenishment_signal where loop_id = %(loop_id)s and state in ('raised', 'accepted', 'picked')

-- :name open_proposal
-- The open proposal of a loop.
select id from supply_proposal where loop_id = %(loop_id)s and state = 'proposed'

-- :name projection
-- What a place holds, what is promised to it and by it.
select on_hand, reserved, waiting, asked, called, purchased, made
from place_projection(%(item_id)s, %(location_id)s)

-- :name raise_emergency
-- A call for exactly what is missing.
insert into replenishment_signal (loop_id, quantity, projected, reorder_point, raised_at, command_id, emergency, reason)
select id, %(quantity)s, %(projected)s, reorder_point, %(now)s, %(command_id)s, true, %(reason)s
from replenishment_loop where id = %(loop_id)s
returning id

-- :name propose_emergency
-- A proposal for exactly what is missing.
insert into supply_proposal (kind, item_id, location_id, loop_id, supplier_id, quantity, proposed_quantity, start_at, due_at,
    projected, raised_at, command_id, why)
select kind, item_id, location_id, id, supplier_id, %(quantity)s, %(quantity)s, %(now)s,
    %(now)s::timestamptz + make_interval(secs => lead_time_s), %(projected)s, %(now)s, %(command_id)s,
    jsonb_build_object('emergency', true, 'reason', %(reason)s::text)
from replenishment_loop where id = %(loop_id)s
returning id

-- :name daily_demand
-- What left a place on each whole day of the plant before today, from the first day that anything moved there on; what came
-- back is taken off its day.
with day as (
    select d::date as day
    from site cross join lateral generate_series(
        greatest((%(now)s::timestamptz at time zone site.time_zone)::date - %(days)s::integer, (
            select (min(m.at) at time zone site.time_zone)::date from movement m
            where m.item_id = %(item_id)s and %(location_id)s in (m.from_id, m.to_id))),
        (%(now)s::timestamptz at time zone site.time_zone)::date - 1, interval '1 day') d
)
select greatest(coalesce(sum(case when m.from_id = %(location_id)s then m.quantity else -m.quantity end), 0), 0)
from day
cross join site
left join (
    select m.* from movement m
    join location other on other.id = case when m.from_id = %(location_id)s then m.to_id else m.from_id end
    where m.item_id = %(item_id)s and %(location_id)s in (m.from_id, m.to_id)
      and (m.from_id = %(location_id)s and other.kind <> 'adjustment' or other.kind in ('consumption', 'customer'))
) m on (m.at at time zone site.time_zone)::date = day.day
group by day.day
order by day.day

-- :name lead_times
-- How long deliveries of a loop took, in days: calls from raised to delivered, purchase orders from made to first receipt.
select days from (
    select extract(epoch from g.delivered_at - g.raised_at)::float8 / 86400 as days, g.delivered_at as at
    from replenishment_signal g
    where g.loop_id = %(loop_id)s and g.delivered_at is not null
    union all
    select extract(epoch from min(r.at) - o.created_at)::float8 / 86400, min(r.at)
    from purchase_line n
    join purchase_order o on o.id = n.order_id
    join purchase_receipt r on r.line_id = n.id and r.quantity > 0
    where %(kind)s = 'purchase' and n.item_id = %(item_id)s and n.location_id = %(location_id)s
    group by n.id, o.created_at
) x
where at > %(now)s::timestamptz - make_interval(days => %(days)s)
order by at desc limit 200

-- :name supply
-- What is on its way, soonest first.
select o.kind, o.ref, i.code as item, l.code as location, o.quantity, i.unit, o.due_at
from open_supply o
join item i on i.id = o.item_id
join location l on l.id = o.location_id
where o.quantity > 0 and (%(item)s::text is null or i.code = %(item)s)
    and (%(location)s::text is null or l.code = %(location)s)
order by o.due_at, o.kind, o.ref
limit %(limit)s offset %(after)s

-- :name run_outs
-- Places that running orders draw from, soonest empty first; an unknown rate says nothing about when.
select i.code as item, i.name as item_name, i.unit, l.code as location, l.name as location_name, f.on_hand, f.reserved,
    f.waiting, f.on_hand + f.called + f.purchased + f.made - f.reserved - f.waiting - f.asked as projected,
    round(x.rate, 6) as rate_per_hour, run_out(f.on_hand, x.rate, %(now)s) as runs_out_at,
    place_need(x.item_id, x.location_id) as need, x.orders, p.method, p.lead_time_s, g.id as open_call,
    g.state as call_state, supply.due_at as next_supply_at
from (
    select c.item_id, c.location_id, place_rate(c.item_id, c.location_id, %(now)s) as rate,
        array_agg(distinct w.number order by w.number) as orders
    from operation_component c
    join work_order_operation o on o.id = c.operation_id and o.state = 'running'
    join work_order w on w.id = o.work_order_id
    group by c.item_id, c.location_id
) x
join item i on i.id = x.item_id
join location l on l.id = x.location_id
cross join lateral place_projection(x.item_id, x.location_id) f
left join replenishment_loop p on p.item_id = x.item_id and p.location_id = x.location_id
left join replenishment_signal g on g.loop_id = p.id and g.state in ('raised', 'accepted', 'picked')
left join lateral (
    select min(s.due_at) as due_at from open_supply s
    where s.item_id = x.item_id and s.location_id = x.location_id and s.quantity > 0) supply on true
where (%(item)s::text is null or i.code = %(item)s)
    and (%(location)s::text is null or l.code = %(location)s)
    and (%(order)s::text is null or %(order)s = any(x.orders))
    and (%(before)s::timestamptz is null or run_out(f.on_hand, x.rate, %(now)s) < %(before)s)
order by runs_out_at nulls last, i.code, l.code
limit %(limit)s offset %(after)s
