-- Routings: an item's operations with the units that can do each, frozen on the order at release; tolerances, links between
-- orders, and what people report where no machine counts.

create table routing (
    id integer generated always as identity primary key,
    item_id integer not null references item,
    revision text not null default 'A',
    -- in force during [valid_from, valid_until), the plant's dates; null is open
    valid_from date,
    valid_until date check (valid_until > valid_from),
    unique (item_id, revision)
);

create table routing_operation (
    id integer generated always as identity primary key,
    routing_id integer not null references routing on delete cascade,
    number smallint not null check (number > 0),
    name jsonb not null default '{}',
    setup_s numeric(12, 2) not null default 0 check (setup_s >= 0),
    -- for one piece; null is the unit's own ideal cycle
    run_s numeric(12, 4) check (run_s > 0),
    -- done outside: people send out and receive back, no machine counts
    outsourced boolean not null default false,
    unique (routing_id, number)
);

create table routing_unit (
    routing_operation_id integer not null references routing_operation on delete cascade,
    equipment_id integer not null references equipment,
    -- lower is preferred
    preference smallint not null,
    primary key (routing_operation_id, equipment_id)
);

-- Which operation consumes a component; one that no operation names is consumed by the first.
create table routing_component (
    routing_operation_id integer not null references routing_operation on delete cascade,
    item_id integer not null references item,
    primary key (routing_operation_id, item_id)
);

alter table bill_of_material
    add column valid_from date,
    add column valid_until date check (valid_until > valid_from);

alter table work_order
    add column over_unlimited boolean not null default false,
    add column under_unlimited boolean not null default true,
    add column routed boolean not null default false,
    add column routing_revision text,
    add column bill_revision text,
    -- grows with every command of a person on the order or one of its operations
    add column version integer not null default 1;

alter table work_order_operation
    add column name jsonb not null default '{}',
    add column setup_s numeric(12, 2) not null default 0,
    add column run_s numeric(12, 4),
    -- the last operation: its good pieces are the order's output
    add column yields boolean not null default true,
    add column outsourced boolean not null default false,
    add column ended_short_reason text;

-- A supplier works on many orders at a time; a unit of ours on one.
drop index one_running_operation_per_unit;
create unique index one_running_operation_per_unit on work_order_operation (equipment_id)
    where state = 'running' and not outsourced;

-- Units that can do an operation of an order, as they were frozen; the operation's own unit is one of them.
create table operation_unit (
    operation_id integer not null references work_order_operation on delete cascade,
    equipment_id integer not null references equipment,
    preference smallint not null,
    primary key (operation_id, equipment_id)
);

-- One order came of another: split off, or to rework its pieces.
create table work_order_link (
    parent_id integer not null references work_order,
    child_id integer not null references work_order,
    kind text not null check (kind in ('split', 'rework')),
    quantity numeric(18, 6) not null check (quantity > 0),
    at timestamptz not null,
    command_id uuid not null,
    primary key (parent_id, child_id)
);
create index on work_order_link (child_id);

-- What a person, not a machine, said was made.
create table production_report (
    id integer generated always as identity primary key,
    operation_id integer not null references work_order_operation,
    good numeric(18, 6) not null default 0 check (good >= 0),
    scrap numeric(18, 6) not null default 0 check (scrap >= 0),
    reason text not null,
    at timestamptz not null,
    person_id integer references person,
    command_id uuid not null,
    check (good > 0 or scrap > 0)
);
create index on production_report (operation_id);

-- The operation before, by number: whose good pieces this one works on.
create function upstream_of(operation_ref integer) returns integer language sql stable
    return (
        select before.id
        from work_order_operation o
        join work_order_operation before on before.work_order_id = o.work_order_id and before.number < o.number
        where o.id = operation_ref
        order by before.number desc limit 1
    );

-- The revision of an item's bill that is in force on a day: the latest to come into force, and of these the last named.
create function bill_in_force(item_ref integer, day date) returns integer language sql stable
    return (
        select id from bill_of_material
        where item_id = item_ref and (valid_from is null or valid_from <= day) and (valid_until is null or day < valid_until)
        order by valid_from desc nulls last, revision desc limit 1
    );

create function routing_in_force(item_ref integer, day date) returns integer language sql stable
    return (
        select id from routing
        where item_id = item_ref and (valid_from is null or valid_from <= day) and (valid_until is null or day < valid_until)
        order by valid_from desc nulls last, revision desc limit 1
    );

-- What an operation would consume if its order were released on a day. A rework order consumes the pieces themselves.
create function planned_components(operation_ref integer, day date)
    returns table (item_id integer, location_id integer, quantity numeric, base_quantity numeric, scrap_percent numeric,
        measured boolean)
    language sql stable as $$
    with asked as (
        select o.number, w.id as order_id, w.item_id, w.routed, unit.line_side_id,
            (select min(x.number) from work_order_operation x where x.work_order_id = w.id) as first_number,
            exists (select 1 from work_order_link k where k.child_id = w.id and k.kind = 'rework') as is_rework
        from work_order_operation o
        join work_order w on w.id = o.work_order_id
        join equipment unit on unit.id = o.equipment_id
        where o.id = operation_ref
    )
    select c.item_id, a.line_side_id, c.quantity, bill.base_quantity, c.scrap_percent, c.measured
    from asked a
    join bill_of_material bill on bill.id = bill_in_force(a.item_id, day)
    join bill_component c on c.bill_id = bill.id
    where not a.is_rework and a.number = coalesce((
        select r.number
        from routing_operation r join routing_component k on k.routing_operation_id = r.id
        where a.routed and r.routing_id = routing_in_force(a.item_id, day) and k.item_id = c.item_id
        order by r.number limit 1), a.first_number)
    union all
    select a.item_id, place.id, 1, 1, 0, false
    from asked a join location place on place.code = 'REWORK'
    where a.is_rework and a.number = a.first_number
$$;

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
