-- What was sent to a place and has not arrived yet is supply on its way, like a call.

create index shipment_under_way on shipment (item_id, to_id) where closed_at is null;

create or replace view open_supply as
    select 'transfer' as kind, g.id::text as ref, p.item_id, p.location_id,
        g.quantity - g.delivered_quantity as quantity,
        g.raised_at + make_interval(secs => p.lead_time_s) as due_at
    from replenishment_signal g join replenishment_loop p on p.id = g.loop_id
    where g.state in ('raised', 'accepted', 'picked')
    union all
    select 'purchase', o.number || '/' || n.number, n.item_id, n.location_id, greatest(n.quantity - n.received, 0), n.due_at
    from purchase_line n join purchase_order o on o.id = n.order_id
    where n.open
    union all
    select 'make', w.number, w.item_id, e.output_id, greatest(w.quantity - x.good, 0), w.due_at
    from work_order_operation x
    join work_order w on w.id = x.work_order_id
    join equipment e on e.id = x.equipment_id
    where x.yields and x.state in ('not_allowed_to_start', 'allowed_to_start', 'running', 'held', 'suspended')
      and e.output_id is not null
    union all
    select 'transfer', 'shipment ' || s.id, s.item_id, s.to_id, s.quantity - s.received - s.turned_back,
        s.sent_at + make_interval(secs => coalesce(p.lead_time_s, 0))
    from shipment s left join replenishment_loop p on p.item_id = s.item_id and p.location_id = s.to_id
    where s.closed_at is null;

-- Projected stock: on hand + called (and shipped) + purchased + made - reserved - waiting - asked.
create or replace function place_projection(item_ref integer, place_ref integer)
    returns table (on_hand numeric, reserved numeric, waiting numeric, asked numeric, called numeric, purchased numeric,
        made numeric)
    language sql stable rows 1 as $$
    select b.on_hand, b.reserved, h.waiting, a.asked, c.called + t.shipped, n.purchased, m.made
    from (
        select coalesce(sum(x.quantity), 0) as on_hand, coalesce(sum(x.reserved), 0) as reserved
        from balance x where x.item_id = item_ref and x.location_id = place_ref and x.open and x.physical) b
    cross join (
        select coalesce(sum(x.remaining), 0) as waiting
        from shortage x where x.item_id = item_ref and x.location_id = place_ref and x.settled_at is null) h
    cross join (
        select coalesce(sum(g.quantity), 0) as asked
        from replenishment_loop q join replenishment_signal g on g.loop_id = q.id and g.state in ('raised', 'accepted')
        where q.item_id = item_ref and q.source_id = place_ref) a
    cross join (
        select coalesce(sum(g.quantity - g.delivered_quantity), 0) as called
        from replenishment_loop q
        join replenishment_signal g on g.loop_id = q.id and g.state in ('raised', 'accepted', 'picked')
        where q.item_id = item_ref and q.location_id = place_ref) c
    cross join (
        select coalesce(sum(x.quantity - x.received - x.turned_back), 0) as shipped
        from shipment x where x.item_id = item_ref and x.to_id = place_ref and x.closed_at is null) t
    cross join (
        select coalesce(sum(greatest(x.quantity - x.received, 0)), 0) as purchased
        from purchase_line x where x.item_id = item_ref and x.location_id = place_ref and x.open) n
    cross join (
        select coalesce(sum(greatest(w.quantity - x.good, 0)), 0) as made
        from equipment e
        join work_order_operation x on x.equipment_id = e.id and x.yields
            and x.state in ('not_allowed_to_start', 'allowed_to_start', 'running', 'held', 'suspended')
        join work_order w on w.id = x.work_order_id and w.item_id = item_ref
        where e.output_id = place_ref) m
$$;
