-- Cards: what a screen shows of a unit, an order, a stock place or a signal, as JSON. `moment` is the time it is true for.

create function amount(value numeric) returns text language sql immutable parallel safe
    return trim_scale(value)::text;

-- Good pieces a minute over the last five minutes of the running order; null when it does not run or is too young.
create function unit_rate(unit_id integer, moment timestamptz) returns numeric language sql stable
    return (
        select case when moment - w.since >= interval '15 seconds' then
            (select nullif(sum(m.good), 0) from production_minute m
             where m.equipment_id = unit_id and m.operation_id = r.operation_id
               and m.minute >= date_trunc('minute', w.since) and m.minute <= moment)
            / (extract(epoch from moment - w.since)::numeric / 60) end
        from operation_run r
        join equipment_live l on l.equipment_id = r.equipment_id and l.state in ('running', 'slow')
        cross join lateral (select greatest(r.started_at, date_trunc('minute', moment - interval '4 minutes')) as since) w
        where r.equipment_id = unit_id and r.ended_at is null and r.started_at < moment
    );

-- What the running orders draw from a place, in the item's unit an hour.
create function place_rate(item_ref integer, place_ref integer, moment timestamptz) returns numeric language sql stable
    return (
        select nullif(sum(unit_rate(o.equipment_id, moment) * 60 * c.quantity * (100 + c.scrap_percent)
                          / (c.base_quantity * 100)), 0)
        from operation_component c
        join work_order_operation o on o.id = c.operation_id and o.state = 'running'
        where c.item_id = item_ref and c.location_id = place_ref
    );

create function run_out(stock numeric, rate_per_hour numeric, moment timestamptz) returns timestamptz
    language sql immutable
    return case when rate_per_hour > 0 then
        moment + make_interval(secs => least(greatest(stock, 0) / rate_per_hour * 3600, 31536000)::double precision) end;

create function mounted_card(unit_id integer, moment timestamptz) returns jsonb language sql stable
    return (
        select coalesce(jsonb_agg(jsonb_build_object(
            'item', i.code, 'item_name', i.name, 'lot', l.code, 'unit', i.unit,
            'quantity', amount(coalesce(b.quantity, 0)), 'quantity_at_mount', amount(m.quantity_at_mount),
            'expires_on', l.expires_on,
            'runs_out_at', run_out(coalesce(b.quantity, 0), place_rate(m.item_id, m.location_id, moment), moment)
        ) order by i.code, m.mounted_at), '[]')
        from mounted_lot m
        join item i on i.id = m.item_id
        join lot l on l.id = m.lot_id
        left join balance b on b.item_id = m.item_id and b.location_id = m.location_id and b.lot_id = m.lot_id
        where m.equipment_id = unit_id and m.unmounted_at is null
    );

create function unit_cards(units integer[], moment timestamptz) returns table (ref integer, ref2 integer, card jsonb)
    language sql stable as $$
    select e.id, 0, jsonb_build_object(
        'path', e.path, 'line', coalesce(line.path, e.path), 'name', e.name, 'line_name', coalesce(line.name, e.name),
        'state', coalesce(v.state, 'unknown'), 'state_detail', coalesce(v.state_detail, ''),
        'state_since', v.state_since, 'last_heard_at', v.last_arrived_at,
        'rate_per_min', amount(round(rate.value, 2)),
        'standard_per_min', amount(round(60 / e.ideal_cycle_s, 2)),
        'order', case when o.id is not null then jsonb_build_object(
            'number', w.number, 'operation', o.number, 'state', o.state, 'item', i.code, 'item_name', i.name,
            'unit', i.unit, 'target', amount(w.quantity), 'good', amount(o.good), 'scrap', amount(o.scrap),
            'rework', amount(o.rework), 'started_at', o.started_at, 'due_at', w.due_at,
            'ahead', amount(round(o.good - extract(epoch from moment - o.started_at)::numeric / e.ideal_cycle_s)),
            'predicted_finish_at', run_out(
                w.quantity - o.good, coalesce(rate.value, 60 / e.ideal_cycle_s) * 60, moment)) end,
        'mounted', mounted_card(e.id, moment),
        'totals', (
            select coalesce(jsonb_object_agg(s.name, amount(t.total)), '{}')
            from signal s join signal_total t on t.signal_id = s.id where s.equipment_id = e.id),
        'no_order_good', amount(coalesce(bucket.good, 0)), 'no_order_scrap', amount(coalesce(bucket.scrap, 0)),
        'shortages', (select count(*) from shortage h where h.equipment_id = e.id and h.settled_at is null))
    from equipment e
    left join equipment line on line.path = regexp_replace(e.path, '/[^/]+$', '')
    left join equipment_live v on v.equipment_id = e.id
    left join lateral (
        select x.* from work_order_operation x
        where x.equipment_id = e.id and x.state in ('running', 'held', 'suspended')
        order by x.state = 'running' desc, x.started_at desc limit 1) o on true
    left join work_order w on w.id = o.work_order_id
    left join item i on i.id = w.item_id
    left join lateral (select unit_rate(e.id, moment) as value) rate on true
    left join lateral (
        select sum(h.good) as good, sum(h.scrap) as scrap from production_hour h
        where h.equipment_id = e.id and h.operation_id = 0) bucket on true
    where e.id = any(units) and e.level = 'unit'
$$;

create function order_cards(operations integer[], moment timestamptz)
    returns table (ref integer, ref2 integer, card jsonb) language sql stable as $$
    select o.id, 0, jsonb_build_object(
        'number', w.number, 'operation', o.number, 'state', o.state, 'item', i.code, 'item_name', i.name,
        'unit', i.unit, 'target', amount(w.quantity), 'good', amount(o.good), 'scrap', amount(o.scrap),
        'rework', amount(o.rework), 'equipment', e.path, 'equipment_name', e.name, 'priority', w.priority,
        'due_at', w.due_at, 'released_at', o.released_at, 'started_at', o.started_at, 'ended_at', o.ended_at,
        'predicted_finish_at', case when o.state in ('running', 'held', 'suspended') then run_out(
            w.quantity - o.good,
            coalesce(unit_rate(o.equipment_id, moment), 60 / e.ideal_cycle_s) * 60, moment) end,
        'over_percent', amount(w.over_percent), 'version', o.version)
    from work_order_operation o
    join work_order w on w.id = o.work_order_id
    join item i on i.id = w.item_id
    join equipment e on e.id = o.equipment_id
    where o.id = any(operations)
$$;

create function stock_cards(items integer[], places integer[], moment timestamptz)
    returns table (ref integer, ref2 integer, card jsonb) language sql stable as $$
    select i.id, l.id, jsonb_build_object(
        'location', l.code, 'location_name', l.name, 'location_kind', l.kind, 'item', i.code, 'item_name', i.name,
        'unit', i.unit, 'on_hand', amount(s.on_hand), 'reserved', amount(s.reserved), 'shortage', amount(h.missing),
        'projected', amount(s.on_hand + coalesce(g.supply, 0) - s.reserved - h.missing),
        'reorder_point', amount(p.reorder_point), 'order_quantity', amount(p.order_quantity),
        'source', src.code,
        'source_on_hand', amount((
            select coalesce(sum(b.quantity - b.reserved), 0) from balance b join lot t on t.id = b.lot_id
            where b.item_id = i.id and b.location_id = p.source_id and b.open and t.status = 'available')),
        'rate_per_hour', amount(round(r.rate, 3)), 'runs_out_at', run_out(s.on_hand, r.rate, moment),
        'open_signal', g.id, 'lots', s.lots)
    from unnest(items, places) pair (item_id, place_id)
    join item i on i.id = pair.item_id
    join location l on l.id = pair.place_id
    left join replenishment_loop p on p.item_id = i.id and p.location_id = l.id
    left join location src on src.id = p.source_id
    left join lateral (
        select x.id, x.quantity - x.delivered_quantity as supply from replenishment_signal x
        where x.loop_id = p.id and x.state in ('raised', 'accepted', 'picked')) g on true
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
    cross join lateral (
        select coalesce(sum(x.remaining), 0) as missing from shortage x
        where x.item_id = i.id and x.location_id = l.id and x.settled_at is null) h
    cross join lateral (select place_rate(i.id, l.id, moment) as rate) r
$$;

-- Lots to take for a quantity at a place: first expired first out, then oldest first.
create function suggested_lots(item_ref integer, place_ref integer, wanted numeric) returns jsonb language sql stable
    return (
        select coalesce(jsonb_agg(jsonb_build_object('lot', code, 'quantity', amount(least(free, wanted - before)))
                                  order by before), '[]')
        from (
            select t.code, b.quantity - b.reserved as free,
                sum(b.quantity - b.reserved) over (order by t.expires_on nulls last, t.received_at, t.id)
                    - (b.quantity - b.reserved) as before
            from balance b join lot t on t.id = b.lot_id
            where b.item_id = item_ref and b.location_id = place_ref and b.open and b.physical
              and t.status = 'available' and b.quantity > b.reserved) x
        where before < wanted
    );

create function signal_cards(signals integer[], moment timestamptz)
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
            then suggested_lots(i.id, p.source_id, g.quantity) else '[]' end)
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

-- The open state of each unit.
create function states_cards(units integer[], moment timestamptz)
    returns table (ref integer, ref2 integer, card jsonb) language sql stable as $$
    select distinct on (c.equipment_id) c.equipment_id, 0, jsonb_build_object('path', e.path, 'segment',
        jsonb_build_object('state', c.state, 'detail', c.detail, 'start', c.at, 'end', null))
    from state_change c join equipment e on e.id = c.equipment_id
    where c.equipment_id = any(units) and c.at <= moment + interval '1 minute'
    order by c.equipment_id, c.at desc
$$;

-- Places that screens watch: every replenishment loop, whatever lies at a line side, and where consumption waits.
create view live_place as
    select item_id, location_id from replenishment_loop
    union
    select b.item_id, b.location_id from balance b join location l on l.id = b.location_id
    where b.open and l.kind = 'line_side'
    union
    select item_id, location_id from shortage where settled_at is null;
