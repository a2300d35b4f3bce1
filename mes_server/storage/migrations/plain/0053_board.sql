-- The live board asks for the cards of all units at once: what belongs to no order is found without reading every hour of
-- history, the pace is worked out in the same query, and as a function of its own language it is planned once a connection.

create index no_order_hours on production_hour (equipment_id) where operation_id = 0;
create index open_shortage_of_unit on shortage (equipment_id) where settled_at is null;

create or replace function unit_cards(units integer[], moment timestamptz) returns table (ref integer, ref2 integer, card jsonb)
    language plpgsql stable as $$
#variable_conflict use_column
begin
    return query select e.id, 0, jsonb_build_object(
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
            'predicted_finish_at', case when pace.value > 0 then moment + make_interval(secs => -- as `run_out` says it
                least(greatest(w.quantity - o.good, 0) / pace.value * 60, 31536000)::double precision) end) end,
        'mounted', case when exists (select 1 from mounted_lot m where m.equipment_id = e.id and m.unmounted_at is null)
            then mounted_card(e.id, moment) else '[]' end,
        'totals', (
            select coalesce(jsonb_object_agg(s.name, amount(t.total)), '{}')
            from signal s join signal_total t on t.signal_id = s.id where s.equipment_id = e.id),
        'no_order_good', amount(coalesce(bucket.good, 0)), 'no_order_scrap', amount(coalesce(bucket.scrap, 0)),
        'shortages', (select count(*) from shortage h where h.equipment_id = e.id and h.settled_at is null))
    from equipment e
    cross join lateral (select regexp_replace(e.path, '/[^/]+$', '') as path offset 0) above -- once a unit
    left join equipment line on line.path = above.path
    left join equipment_live v on v.equipment_id = e.id
    left join lateral (
        select x.* from work_order_operation x
        where x.equipment_id = e.id and x.state in ('running', 'held', 'suspended')
        order by x.state = 'running' desc, x.started_at desc limit 1) o on true
    left join work_order w on w.id = o.work_order_id
    left join item i on i.id = w.item_id
    left join lateral ( -- what `unit_rate` says, without a call for each unit
        select case when moment - s.since >= interval '15 seconds' then
            (select nullif(sum(m.good), 0) from production_minute m
             where m.equipment_id = e.id and m.operation_id = r.operation_id
                and m.minute >= date_trunc('minute', s.since) and m.minute <= moment)
            / (extract(epoch from moment - s.since)::numeric / 60) end as value
        from operation_run r
        cross join lateral (
            select greatest(r.started_at, date_trunc('minute', moment - interval '4 minutes')) as since) s
        where r.equipment_id = e.id and r.ended_at is null and r.started_at < moment and v.state in ('running', 'slow')
    ) rate on true
    cross join lateral (select coalesce(rate.value, 60 / e.ideal_cycle_s) as value offset 0) pace -- pieces a minute
    left join lateral (
        select sum(h.good) as good, sum(h.scrap) as scrap from production_hour h
        where h.equipment_id = e.id and h.operation_id = 0) bucket on true
    where e.id = any(units) and e.level = 'unit';
end $$;
