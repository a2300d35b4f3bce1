-- Cards of stock and calls say how a place is replenished, what is on its way and when, and what a call asks.

create or replace function stock_cards(items integer[], places integer[], moment timestamptz)
    returns table (ref integer, ref2 integer, card jsonb) language sql stable as $$
    select i.id, l.id, jsonb_build_object(
        'location', l.code, 'location_name', l.name, 'location_kind', l.kind, 'item', i.code, 'item_name', i.name,
        'unit', i.unit, 'on_hand', amount(s.on_hand), 'reserved', amount(s.reserved), 'shortage', amount(f.waiting),
        'projected', amount(f.on_hand + f.called + f.purchased + f.made - f.reserved - f.waiting - f.asked),
        'reorder_point', amount(p.reorder_point), 'order_quantity', amount(p.order_quantity),
        'source', src.code,
        'source_on_hand', case when src.physical then amount((
            select coalesce(sum(b.quantity - b.reserved), 0) from balance b join lot t on t.id = b.lot_id
            where b.item_id = i.id and b.location_id = p.source_id and b.open and t.status = 'available')) end,
        'rate_per_hour', amount(round(r.rate, 3)), 'runs_out_at', run_out(s.on_hand, r.rate, moment),
        'open_signal', g.id, 'lots', s.lots,
        'method', p.method, 'supply_kind', p.kind, 'asked', amount(f.asked), 'called', amount(f.called),
        'purchased', amount(f.purchased), 'made', amount(f.made),
        'next_supply_at', case when f.called + f.purchased + f.made > 0 then (
            select min(o.due_at) from open_supply o
            where o.item_id = i.id and o.location_id = l.id and o.quantity > 0) end,
        'open_proposal', (select x.id from supply_proposal x where x.loop_id = p.id and x.state = 'proposed'))
    from unnest(items, places) pair (item_id, place_id)
    join item i on i.id = pair.item_id
    join location l on l.id = pair.place_id
    left join replenishment_loop p on p.item_id = i.id and p.location_id = l.id
    left join location src on src.id = p.source_id
    left join replenishment_signal g on g.loop_id = p.id and g.state in ('raised', 'accepted', 'picked')
    cross join lateral place_projection(i.id, l.id) f
    cross join lateral (
        select coalesce(sum(b.quantity), 0) as on_hand, coalesce(sum(b.reserved), 0) as reserved,
            coalesce(jsonb_agg(jsonb_build_object(
                'lot', t.code, 'quantity', amount(b.quantity), 'expires_on', t.expires_on, 'status', t.status,
                'mounted_at', e.path) order by e.path is null, t.expires_on nulls last, t.received_at, t.id), '[]') as lots
        from balance b
        join lot t on t.id = b.lot_id
        left join mounted_lot m on m.lot_id = b.lot_id and m.location_id = b.location_id and m.unmounted_at is null
        left join equipment e on e.id = m.equipment_id
        where b.item_id = i.id and b.location_id = l.id and b.open) s
    cross join lateral (select place_rate(i.id, l.id, moment) as rate) r
$$;

create or replace function signal_cards(signals integer[], moment timestamptz)
    returns table (ref integer, ref2 integer, card jsonb) language sql stable as $$
    select g.id, 0, jsonb_build_object(
        'number', g.id, 'state', g.state, 'item', i.code, 'item_name', i.name, 'unit', i.unit,
        'quantity', amount(g.quantity), 'delivered_quantity', amount(g.delivered_quantity),
        'source', src.code, 'source_name', src.name, 'location', l.code, 'location_name', l.name,
        'on_hand', amount(s.on_hand), 'runs_out_at', run_out(s.on_hand, place_rate(i.id, l.id, moment), moment),
        'projected_when_raised', amount(g.projected), 'reorder_point', amount(g.reorder_point),
        'raised_at', g.raised_at, 'accepted_at', g.accepted_at, 'accepted_by', who.name,
        'picked_at', g.picked_at, 'delivered_at', g.delivered_at,
        'picks', (
            select coalesce(jsonb_agg(jsonb_build_object('lot', t.code, 'quantity', amount(k.quantity)) order by t.code), '[]')
            from replenishment_pick k join lot t on t.id = k.lot_id where k.signal_id = g.id),
        'suggested', case when g.state in ('raised', 'accepted')
            then suggested_lots(i.id, p.source_id, g.quantity) else '[]' end,
        'method', p.method, 'emergency', g.emergency, 'reason', g.reason,
        'question', case when g.state = 'picked' then g.question else '' end,
        'due_at', g.raised_at + make_interval(secs => p.lead_time_s),
        'changes', (select count(*) from signal_adjustment a where a.signal_id = g.id),
        'cards', (
            select coalesce(jsonb_agg(k.code order by k.code), '[]') from kanban_card k where k.signal_id = g.id))
    from replenishment_signal g
    join replenishment_loop p on p.id = g.loop_id
    join item i on i.id = p.item_id
    join location l on l.id = p.location_id
    join location src on src.id = p.source_id
    left join person who on who.id = g.accepted_by
    cross join lateral (
        select coalesce(sum(b.quantity), 0) as on_hand from balance b
        where b.item_id = i.id and b.location_id = l.id and b.open) s
    where g.id = any(signals)
$$;
