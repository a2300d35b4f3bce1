-- Which loops call, for how much, and what becomes of open calls: set-based over the places that changed.

-- :name raise_due
-- Each loop of the given places that is due by its method raises one call (transfers) or one proposal (purchases, orders of
-- our own); a loop that has one open waits for it. Empty cards go with the call. Gives the calls, and where they draw from
-- if that place has a loop of its own.
with due as (
    select p.id, p.kind, p.item_id, p.location_id, p.supplier_id, p.lead_time_s, p.reorder_point, s.projected,
        case when p.method in ('kanban', 'two_bin') then v.quantity else order_size(
            v.quantity, p.order_min, p.order_multiple, round(u.numerator::numeric / u.denominator, 6), p.order_max) end
            as quantity,
        jsonb_strip_nulls(jsonb_build_object('method', p.method, 'supply', amount(s.supply), 'wanted', amount(v.quantity),
            'rate_per_hour', amount(round(d.rate, 6)), 'need', amount(d.need), 'empty_cards', d.empty_cards)) as seen
    from replenishment_loop p
    left join item_unit u on u.item_id = p.item_id and u.unit = p.pack_unit
    cross join lateral (
        select f.called + f.purchased + f.made as supply,
            f.on_hand + f.called + f.purchased + f.made - f.reserved - f.waiting - f.asked as projected
        from place_projection(p.item_id, p.location_id) f
    ) s
    cross join lateral (
        select case when p.method in ('kanban', 'two_bin') then
                (select count(*) from kanban_card k where k.loop_id = p.id and k.state = 'empty') end as empty_cards,
            case when p.method = 'on_demand' then place_rate(p.item_id, p.location_id, %(now)s) end as rate,
            case when p.method = 'on_demand' then place_need(p.item_id, p.location_id) end as need
    ) d
    cross join lateral (
        select wanted_quantity(p.method, s.projected, p.reorder_point, p.order_quantity, p.max_quantity, d.empty_cards,
            p.scanned, d.rate, p.lead_time_s, d.need) as quantity
    ) v
    where (p.item_id, p.location_id) in (select * from unnest(%(items)s::int[], %(places)s::int[]))
      and p.active and p.method <> 'mrp' and v.quantity > 0
      and not exists (
          select 1 from replenishment_signal g where g.loop_id = p.id and g.state in ('raised', 'accepted', 'picked'))
      and not exists (select 1 from supply_proposal g where g.loop_id = p.id and g.state = 'proposed')
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
), ordered as (
    update kanban_card c set state = 'ordered', signal_id = r.id, changed_at = %(now)s
    from raised r where c.loop_id = r.loop_id and c.state = 'empty'
)
select r.id, p.item_id, p.source_id,
    exists (select 1 from replenishment_loop q where q.item_id = p.item_id and q.location_id = p.source_id) as goes_on
from raised r join replenishment_loop p on p.id = r.loop_id

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
