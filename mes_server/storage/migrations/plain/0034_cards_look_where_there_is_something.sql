-- Cards of orders look for other operations, units and orders only where there can be some: most have none.

-- Whether another order came of it, or it of another one.
alter table work_order add column linked boolean not null default false;
update work_order as w set linked = true
where exists (select 1 from work_order_link as k where w.id in (k.parent_id, k.child_id));

create or replace function order_cards(operations integer[], moment timestamptz)
    returns table (ref integer, ref2 integer, card jsonb) language sql stable as $$
    select o.id, 0, jsonb_build_object(
        'number', w.number, 'operation', o.number, 'state', o.state, 'item', i.code, 'item_name', i.name,
        'unit', i.unit, 'target', amount(w.quantity), 'good', amount(o.good), 'scrap', amount(o.scrap),
        'rework', amount(o.rework), 'equipment', e.path, 'equipment_name', e.name, 'priority', w.priority,
        'due_at', w.due_at, 'released_at', o.released_at, 'started_at', o.started_at, 'ended_at', o.ended_at,
        'predicted_finish_at', case when o.state in ('running', 'held', 'suspended') then run_out(
            w.quantity - o.good,
            coalesce(unit_rate(o.equipment_id, moment), 60 / coalesce(o.run_s, e.ideal_cycle_s)) * 60, moment) end,
        'over_percent', amount(w.over_percent), 'version', o.version,
        'order_version', w.version, 'operation_name', o.name, 'yields', o.yields, 'outsourced', o.outsourced,
        'over_unlimited', w.over_unlimited,
        'under_percent', case when not w.under_unlimited then amount(w.under_percent) end,
        'over_delivery', amount(case when w.over_unlimited then 0
            else greatest(o.good - w.quantity * (100 + w.over_percent) / 100, 0) end),
        'upstream_good', amount(before.good),
        'available', amount(greatest(before.good - o.produced, 0)),
        'over_upstream', amount(coalesce(greatest(o.produced - before.good, 0), 0)),
        'sent_out', amount(o.sent_out), 'outside', amount(greatest(o.sent_out - o.produced, 0)),
        'ended_short_reason', o.ended_short_reason,
        'routing_revision', w.routing_revision, 'bill_revision', w.bill_revision,
        'units', coalesce(case when w.routed then (
            select jsonb_agg(u.path order by c.preference, u.path)
            from operation_unit c join equipment u on u.id = c.equipment_id where c.operation_id = o.id) end,
            jsonb_build_array(e.path)),
        'parents', coalesce(case when w.linked then (
            select jsonb_agg(jsonb_build_object('number', p.number, 'kind', k.kind, 'quantity', amount(k.quantity)) order by k.at)
            from work_order_link k join work_order p on p.id = k.parent_id where k.child_id = w.id) end, '[]'),
        'children', coalesce(case when w.linked then (
            select jsonb_agg(jsonb_build_object('number', p.number, 'kind', k.kind, 'quantity', amount(k.quantity)) order by k.at)
            from work_order_link k join work_order p on p.id = k.child_id where k.parent_id = w.id) end, '[]'))
    from work_order_operation o
    join work_order w on w.id = o.work_order_id
    join item i on i.id = w.item_id
    join equipment e on e.id = o.equipment_id
    left join work_order_operation before on before.id = case when w.routed then upstream_of(o.id) end
    where o.id = any(operations)
$$;
