-- Calls draw from their source and from the stores and bins inside it, and each pick remembers where it was taken.

alter table replenishment_pick add column location_id integer references location;
update replenishment_pick as k
set location_id = p.source_id
from replenishment_signal g
join replenishment_loop p on p.id = g.loop_id
where g.id = k.signal_id;
alter table replenishment_pick alter column location_id set not null;
alter table replenishment_pick drop constraint replenishment_pick_pkey;
alter table replenishment_pick add primary key (signal_id, location_id, lot_id);

-- Where an item lies that a call of `destination_ref` may take from `source_ref`: there, and in open stores and bins inside
-- it. Quarantine, scrap, line sides, finished goods and what is in transit are never drawn from through the store around
-- them, nor is the place that called. From the stock up the tree, so that a store of many bins costs no more than what
-- there is of the item.
create function draws_from(item_ref integer, source_ref integer, destination_ref integer)
    returns table (place integer) language sql stable as $$
    with recursive up as (
        select distinct b.location_id as place, b.location_id as at
        from balance b
        where b.item_id = item_ref and b.open and b.physical
        union
        select up.place, l.parent_id
        from up join location l on l.id = up.at
        where up.at <> source_ref and up.at <> destination_ref and l.parent_id is not null and l.active
          and l.kind in ('store', 'bin')
    )
    select up.place from up where up.at = source_ref
$$;

-- Lots to take for a call: usable ones, first expired first out, then oldest first, over all places that it may draw from.
create function suggested_picks(item_ref integer, source_ref integer, destination_ref integer, wanted numeric,
    moment timestamptz) returns jsonb language sql stable as $$
    select coalesce(jsonb_agg(jsonb_build_object('lot', x.code, 'quantity', amount(least(x.free, wanted - x.before)),
        'location', x.place, 'location_name', x.place_name) order by x.nr), '[]')
    from (
        select t.code, o.code as place, o.name as place_name, b.quantity - b.reserved as free,
            sum(b.quantity - b.reserved) over first_out - (b.quantity - b.reserved) as before,
            row_number() over first_out as nr
        from draws_from(item_ref, source_ref, destination_ref) d
        join balance b on b.item_id = item_ref and b.location_id = d.place and b.open and b.physical
        join lot t on t.id = b.lot_id
        join location o on o.id = b.location_id
        where t.status = 'available' and b.quantity > b.reserved
          and (t.expires_on is null or t.expires_on
              >= (moment at time zone coalesce((select s.time_zone from site s), 'UTC'))::date)
        window first_out as (order by t.expires_on nulls last, t.received_at, t.code collate "C", o.code collate "C")
    ) x
    where x.before < wanted
$$;

create or replace function stock_cards(items integer[], places integer[], moment timestamptz)
    returns table (ref integer, ref2 integer, card jsonb) language sql stable as $$
    select i.id, l.id, jsonb_build_object(
        'location', l.code, 'location_name', l.name, 'location_kind', l.kind, 'item', i.code, 'item_name', i.name,
        'unit', i.unit, 'on_hand', amount(s.on_hand), 'reserved', amount(s.reserved), 'shortage', amount(f.waiting),
        'projected', amount(f.on_hand + f.called + f.purchased + f.made - f.reserved - f.waiting - f.asked),
        'reorder_point', amount(p.reorder_point), 'order_quantity', amount(p.order_quantity),
        'source', src.code,
        'source_on_hand', case when src.physical then amount((
            select coalesce(sum(b.quantity - b.reserved), 0)
            from draws_from(i.id, p.source_id, l.id) d
            join balance b on b.item_id = i.id and b.location_id = d.place and b.open
            join lot t on t.id = b.lot_id
            where t.status = 'available')) end,
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
            select coalesce(jsonb_agg(jsonb_build_object('lot', t.code, 'quantity', amount(k.quantity), 'location', o.code,
                'location_name', o.name) order by t.code, o.code), '[]')
            from replenishment_pick k join lot t on t.id = k.lot_id join location o on o.id = k.location_id
            where k.signal_id = g.id),
        'suggested', case when g.state in ('raised', 'accepted')
            then suggested_picks(i.id, p.source_id, p.location_id, g.quantity, moment) else '[]' end,
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

drop function suggested_lots(integer, integer, numeric);
