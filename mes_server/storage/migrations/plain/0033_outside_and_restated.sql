-- Operations that are done outside, piece by piece sent out and received back; and figures that late facts changed after
-- they were reported.

alter table work_order_operation add column sent_out numeric(18, 6) not null default 0 check (sent_out >= 0);

create table outside_shipment (
    id integer generated always as identity primary key,
    operation_id integer not null references work_order_operation,
    -- pieces that left, or came back good or scrapped
    sent numeric(18, 6) not null default 0 check (sent >= 0),
    good numeric(18, 6) not null default 0 check (good >= 0),
    scrap numeric(18, 6) not null default 0 check (scrap >= 0),
    note text not null default '',
    at timestamptz not null,
    person_id integer references person,
    command_id uuid not null,
    check (sent > 0 or good > 0 or scrap > 0)
);
create index on outside_shipment (operation_id);

-- A figure that was reported already and is another one now: an hour of a unit after it closed, or an operation's progress
-- after it was completed.
create table restatement (
    id bigint generated always as identity primary key,
    figure text not null check (figure in ('hour', 'order')),
    equipment_id integer not null references equipment,
    -- of figure `hour`
    hour timestamptz,
    -- null: pieces without an order
    operation_id integer,
    good_before numeric(18, 6) not null,
    good_after numeric(18, 6) not null,
    scrap_before numeric(18, 6) not null,
    scrap_after numeric(18, 6) not null,
    -- machine time of the latest fact that did it, and the batch or command it came with
    fact_at timestamptz not null,
    ingest_id bigint,
    command_id uuid,
    at timestamptz not null
);
create index on restatement (operation_id) where operation_id is not null;
create index on restatement (equipment_id, hour);

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
        'units', coalesce((
            select jsonb_agg(u.path order by c.preference, u.path)
            from operation_unit c join equipment u on u.id = c.equipment_id where c.operation_id = o.id),
            jsonb_build_array(e.path)),
        'parents', coalesce((
            select jsonb_agg(jsonb_build_object('number', p.number, 'kind', k.kind, 'quantity', amount(k.quantity)) order by k.at)
            from work_order_link k join work_order p on p.id = k.parent_id where k.child_id = w.id), '[]'),
        'children', coalesce((
            select jsonb_agg(jsonb_build_object('number', p.number, 'kind', k.kind, 'quantity', amount(k.quantity)) order by k.at)
            from work_order_link k join work_order p on p.id = k.child_id where k.parent_id = w.id), '[]'))
    from work_order_operation o
    join work_order w on w.id = o.work_order_id
    join item i on i.id = w.item_id
    join equipment e on e.id = o.equipment_id
    left join work_order_operation before on before.id = upstream_of(o.id)
    where o.id = any(operations)
$$;
