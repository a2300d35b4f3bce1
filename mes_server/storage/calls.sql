-- Which loops call, for how much, and what becomes of open calls: set-based over the places that changed.

-- :name raise_due
-- Each loop of the given places that is due by its method raises one call (transfers) or one proposal (purchases, orders of
-- our own); a loop that has one open waits for it. Empty cards go with the call or the proposal. Gives the calls, and where they draw from
-- if that place has a loop of its own.
with quiet as materialized ( -- loops that have nothing open: the others need no look at their stock
    select p.*
    from replenishment_loop p
    where (p.item_id, p.location_id) in (select * from unnest(%(items)s::int[], %(places)s::int[]))
      and p.active and p.method <> 'mrp'
      and not exists (
          select 1 from replenishment_signal g where g.loop_id = p.id and g.state in ('raised', 'accepted', 'picked'))
      and (p.kind = 'transfer' or not exists (
          select 1 from supply_proposal g where g.loop_id = p.id and g.state = 'proposed'))
), asked as ( -- what open calls of other places want from these
    select q.item_id, q.source_id as place, sum(g.quantity) as quantity
    from replenishment_signal g join replenishment_loop q on q.id = g.loop_id
    where g.state in ('raised', 'accepted') and (q.item_id, q.source_id) in (select item_id, location_id from quiet)
    group by q.item_id, q.source_id
), supply as ( -- what was bought, is made, or was sent to these places
    select x.item_id, x.place, sum(x.quantity) as quantity
    from (
        select n.item_id, n.location_id as place, greatest(n.quantity - n.received, 0) as quantity
        from purchase_line n
        where n.open and (n.item_id, n.location_id) in (select item_id, location_id from quiet)
        union all
        select w.item_id, e.output_id, greatest(w.quantity - o.good, 0)
        from equipment e
        join work_order_operation o on o.equipment_id = e.id and o.yields
            and o.state in ('not_allowed_to_start', 'allowed_to_start', 'running', 'held', 'suspended')
        join work_order w on w.id = o.work_order_id
        where e.output_id in (select location_id from quiet)
        union all
        select h.item_id, h.to_id, h.quantity - h.received - h.turned_back
        from shipment h
        where h.closed_at is null and (h.item_id, h.to_id) in (select item_id, location_id from quiet)
    ) x
    group by x.item_id, x.place
), seen as materialized (
    select p.*, coalesce(n.quantity, 0) as supply,
        b.quantity + coalesce(n.quantity, 0) - h.remaining - coalesce(a.quantity, 0) as projected,
        case when p.method in ('kanban', 'two_bin') then
            (select count(*) from kanban_card k where k.loop_id = p.id and k.state = 'empty') end as empty_cards,
        case when p.method = 'on_demand' then place_rate(p.item_id, p.location_id, %(now)s) end as rate,
        case when p.method = 'on_demand' then place_need(p.item_id, p.location_id) end as need
    from quiet p
    left join supply n on n.item_id = p.item_id and n.place = p.location_id
    left join asked a on a.item_id = p.item_id and a.place = p.location_id
    cross join lateral (
        select coalesce(sum(x.quantity - x.reserved), 0) as quantity from balance x
        where x.item_id = p.item_id and x.location_id = p.location_id and x.open) b
    cross join lateral (
        select coalesce(sum(x.remaining), 0) as remaining from shortage x
        where x.item_id = p.item_id and x.location_id = p.location_id and x.settled_at is null) h
), due as (
    select p.id, p.kind, p.item_id, p.location_id, p.supplier_id, p.lead_time_s, p.reorder_point, p.projected,
        case when p.method in ('kanban', 'two_bin') then v.quantity else order_size(
            v.quantity, p.order_min, p.order_multiple, round(u.numerator::numeric / u.denominator, 6), p.order_max) end
            as quantity,
        jsonb_strip_nulls(jsonb_build_object('method', p.method, 'supply', amount(p.supply), 'wanted', amount(v.quantity),
            'rate_per_hour', amount(round(p.rate, 6)), 'need', amount(p.need), 'empty_cards', p.empty_cards)) as seen
    from seen p
    left join item_unit u on u.item_id = p.item_id and u.unit = p.pack_unit
    cross join lateral (
        select wanted_quantity(p.method, p.projected, p.reorder_point, p.order_quantity, p.max_quantity, p.empty_cards,
            p.scanned, p.rate, p.lead_time_s, p.need) as quantity
    ) v
    where v.quantity > 0
), raised as (
    insert into replenishment_signal (loop_id, quantity, projected, reorder_point, raised_at, ingest_id, command_id, seen)
    select id, quantity, projected, reorder_point, %(now)s, %(ingest_id)s::bigint, %(command_id)s::uuid, seen
    from due where kind = 'transfer'
    order by id
    on conflict do nothing
    returning id, loop_id
), proposed as (
    insert into supply_proposal (kind, item_id, location_id, loop_id, supplier_id, quantity, proposed_quantity, start_at,
        due_at, projected, raised_at, ingest_id, command_id, why)
    select kind, item_id, location_id, id, supplier_id, quantity, quantity, %(now)s,
        %(now)s::timestamptz + make_interval(secs => lead_time_s), projected, %(now)s, %(ingest_id)s::bigint,
        %(command_id)s::uuid, seen
    from due where kind <> 'transfer'
    order by id
    on conflict do nothing
    returning id, loop_id
), ordered as (
    update kanban_card c
    set state = 'ordered', signal_id = r.signal_id, proposal_id = r.proposal_id, changed_at = %(now)s
    from (
        select loop_id, id as signal_id, null::integer as proposal_id from raised
        union all
        select loop_id, null, id from proposed) r
    where c.loop_id = r.loop_id and c.state = 'empty'
)
select r.id, p.item_id, p.source_id,
    exists (select 1 from replenishment_loop q where q.item_id = p.item_id and q.location_id = p.source_id) as goes_on
from raised r join replenishment_loop p on p.id = r.loop_id

-- :name free_to_decide
-- Of places further up the chain, those about which nobody else decides now; from here on we do. Nobody waits here: that
-- would take places out of order. What is passed over is looked at from time to time.
select p.item, p.place
from unnest(%(items)s::int[], %(places)s::int[]) as p (item, place)
where pg_try_advisory_xact_lock(1, (p.item * 31 + p.place) %% 256)

-- :name loops_to_look_at
-- Loops that time alone can make due, and in turn a bounded number of all others, for whatever was missed; where people
-- cancelled the last call or rejected the last proposal, the next change of stock calls, not time.
select p.id, p.item_id, p.location_id
from replenishment_loop p
where p.active and p.method = 'on_demand' and exists (
    select 1 from operation_component c
    join work_order_operation o on o.id = c.operation_id and o.state = 'running'
    where c.item_id = p.item_id and c.location_id = p.location_id)
union
(select p.id, p.item_id, p.location_id
from (
    select x.* from replenishment_loop x where x.active and x.id > %(after)s order by x.id limit %(limit)s) p
where coalesce((
        select g.state from replenishment_signal g where g.loop_id = p.id order by g.id desc limit 1), '') <> 'cancelled'
    and coalesce((
        select g.state from supply_proposal g where g.loop_id = p.id order by g.id desc limit 1), '') <> 'rejected')
order by id

-- :name look_on_after
-- Behind which loop the next look goes on; 0 when this one came to the end.
select case when count(*) = %(limit)s then max(id) else 0 end
from (select x.id from replenishment_loop x where x.active and x.id > %(after)s order by x.id limit %(limit)s) p

-- :name open_on_demand
-- Open calls by run-out forecast at places where these operations draw, with what a review looks at; locked.
select g.id, g.state, g.quantity, p.item_id, p.location_id,
    f.on_hand + f.called - g.quantity + f.purchased + f.made - f.reserved - f.waiting - f.asked as stock,
    place_need(p.item_id, p.location_id) as need,
    exists (
        select 1 from operation_component c
        join work_order_operation o on o.id = c.operation_id and o.state = 'running'
        where c.item_id = p.item_id and c.location_id = p.location_id) as drawn,
    p.order_min as minimum, p.order_multiple as multiple, round(u.numerator::numeric / u.denominator, 6) as pack,
    p.order_max as maximum
from replenishment_signal g
join replenishment_loop p on p.id = g.loop_id
left join item_unit u on u.item_id = p.item_id and u.unit = p.pack_unit
cross join lateral place_projection(p.item_id, p.location_id) f
where g.state in ('raised', 'accepted', 'picked') and p.method = 'on_demand' and not g.emergency
  and (p.item_id, p.location_id) in (
      select c.item_id, c.location_id from operation_component c where c.operation_id = any(%(operations)s::int[]))
order by g.id
for update of g

-- :name adjust
-- A call is changed after it was raised, with the reason.
with changed as (
    update replenishment_signal
    set quantity = %(quantity)s, state = case when %(verdict)s = 'cancel' then 'cancelled' else state end,
        question = case when %(verdict)s = 'ask' then %(reason)s else question end
    where id = %(signal_id)s
)
insert into signal_adjustment (signal_id, verdict, quantity_before, quantity_after, stock, need, reason, at, command_id)
values (%(signal_id)s, %(verdict)s, %(before)s, %(quantity)s, %(stock)s, %(need)s, %(reason)s, %(now)s, %(command_id)s)

-- :name seen
-- What the rule saw when it raised the call.
select seen from replenishment_signal where id = %(signal_id)s

-- :name adjustments
-- How a call was changed after it was raised.
select verdict, quantity_before, quantity_after, stock, need, reason, at from signal_adjustment
where signal_id = %(signal_id)s order by id

-- :name questions_of
-- Which of these calls asks already.
select id from replenishment_signal where id = any(%(signals)s::int[]) and question <> ''
