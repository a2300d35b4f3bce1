-- Replenishment methods, kinds of supply, cards, proposals and purchase orders; and projected stock with all open supply.

create table supplier (
    id integer generated always as identity primary key,
    code text not null unique,
    name jsonb not null,
    active boolean not null default true
);

alter table replenishment_loop
    drop constraint replenishment_loop_method_check,
    add constraint replenishment_loop_method_check
        check (method in ('reorder_point', 'min_max', 'kanban', 'two_bin', 'on_demand', 'mrp')),
    -- purchase loops have the account SUPPLIER as their source, make loops the account PRODUCTION
    add column kind text not null default 'transfer' check (kind in ('transfer', 'purchase', 'make')),
    add column supplier_id integer references supplier,
    add column max_quantity numeric(18, 6) check (max_quantity > 0),
    add column safety_stock numeric(18, 6) not null default 0 check (safety_stock >= 0),
    add column order_min numeric(18, 6) check (order_min > 0),
    add column order_multiple numeric(18, 6) check (order_multiple > 0),
    add column order_max numeric(18, 6) check (order_max > 0),
    -- orders are rounded to this unit of the item
    add column pack_unit text,
    add column scanned boolean not null default true,
    add column active boolean not null default true;
create index loops_of_source on replenishment_loop (item_id, source_id);

-- Which calls ignored the modifiers, which have to be looked at, and how they were changed after they were raised.
alter table replenishment_signal
    add column emergency boolean not null default false,
    add column reason text not null default '',
    -- asked of the people who picked already: is it still wanted?
    add column question text not null default '';

create table signal_adjustment (
    id integer generated always as identity primary key,
    signal_id integer not null references replenishment_signal,
    verdict text not null check (verdict in ('adjust', 'cancel', 'ask', 'grow')),
    quantity_before numeric(18, 6) not null,
    quantity_after numeric(18, 6) not null,
    -- what the review saw
    stock numeric(18, 6),
    need numeric(18, 6),
    reason text not null,
    at timestamptz not null,
    command_id uuid
);
create index on signal_adjustment (signal_id);

-- Cards of kanban and two-bin loops; an empty one is the signal.
create table kanban_card (
    id integer generated always as identity primary key,
    loop_id integer not null references replenishment_loop,
    code text not null unique,
    state text not null default 'full' check (state in ('full', 'in_use', 'empty', 'ordered', 'in_transit')),
    signal_id integer references replenishment_signal,
    changed_at timestamptz not null,
    changed_by integer references person
);
create index on kanban_card (loop_id, state);
create index on kanban_card (signal_id) where signal_id is not null;

create table purchase_order (
    id integer generated always as identity primary key,
    number text not null unique,
    supplier_id integer not null references supplier,
    state text not null default 'open' check (state in ('open', 'confirmed', 'closed', 'cancelled')),
    supplier_reference text not null default '',
    created_at timestamptz not null,
    confirmed_at timestamptz,
    closed_at timestamptz,
    version integer not null default 1
);

create table purchase_line (
    id integer generated always as identity primary key,
    order_id integer not null references purchase_order,
    number smallint not null,
    item_id integer not null references item,
    location_id integer not null references location,
    -- in the item's stock unit; `unit` and `unit_quantity` as they were ordered
    quantity numeric(18, 6) not null check (quantity > 0),
    unit text not null,
    unit_quantity numeric(18, 6) not null check (unit_quantity > 0),
    -- money for one stock unit
    price numeric(18, 6) not null default 0 check (price >= 0),
    due_at timestamptz not null,
    over_percent numeric(9, 4) not null default 0 check (over_percent >= 0),
    received numeric(18, 6) not null default 0,
    -- turned away at the door; the supplier still owes it
    rejected numeric(18, 6) not null default 0,
    open boolean not null default true,
    unique (order_id, number)
);
create index open_purchase_line on purchase_line (item_id, location_id) where open;

create table purchase_receipt (
    id integer generated always as identity primary key,
    line_id integer not null references purchase_line,
    lot_id integer references lot,
    quantity numeric(18, 6) not null check (quantity >= 0),
    rejected numeric(18, 6) not null check (rejected >= 0),
    price numeric(18, 6) not null,
    supplier_lot text not null default '',
    reason text not null default '',
    movement_id bigint references movement,
    at timestamptz not null,
    person_id integer references person,
    command_id uuid not null,
    check (quantity > 0 or rejected > 0)
);
create index on purchase_receipt (line_id);
create index on purchase_receipt (lot_id);

-- A run of material requirements planning, as it was asked for.
create table mrp_run (
    id integer generated always as identity primary key,
    at timestamptz not null,
    horizon_at timestamptz not null,
    demands jsonb not null default '[]',
    -- what could not be planned, and why
    notes jsonb not null default '[]',
    person_id integer references person,
    command_id uuid not null
);

-- What should be bought or made; firm it, and it becomes a purchase order or a work order.
create table supply_proposal (
    id integer generated always as identity primary key,
    kind text not null check (kind in ('purchase', 'make')),
    state text not null default 'proposed' check (state in ('proposed', 'firm', 'rejected', 'superseded')),
    item_id integer not null references item,
    location_id integer not null references location,
    loop_id integer references replenishment_loop,
    run_id integer references mrp_run,
    supplier_id integer references supplier,
    quantity numeric(18, 6) not null check (quantity > 0),
    proposed_quantity numeric(18, 6) not null,
    start_at timestamptz not null,
    due_at timestamptz not null,
    -- what a loop's rule saw
    projected numeric(18, 6),
    -- what planning saw, and for which orders
    why jsonb not null default '{}',
    pegs jsonb not null default '[]',
    raised_at timestamptz not null,
    ingest_id bigint,
    command_id uuid,
    decided_at timestamptz,
    decided_by integer references person,
    decision text not null default '',
    purchase_line_id integer references purchase_line,
    work_order_id integer references work_order
);
create unique index one_open_proposal_per_loop on supply_proposal (loop_id) where state = 'proposed';
create index on supply_proposal (state, id);
create index on supply_proposal (run_id) where run_id is not null;

create index open_yield on work_order_operation (equipment_id)
    where yields and state in ('not_allowed_to_start', 'allowed_to_start', 'running', 'held', 'suspended');
create index on equipment (output_id) where output_id is not null;
create index on equipment (line_side_id) where line_side_id is not null;
create index if not exists components_drawn on operation_component (item_id, location_id);

-- Supply that is on its way to a place: calls, purchase order lines, and orders of our own that put their output there.
create view open_supply as
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
      and e.output_id is not null;

-- What a place holds and what is promised to and by it. Projected stock is the sum of it:
-- on hand + called + purchased + made - reserved - waiting - asked.
create function place_projection(item_ref integer, place_ref integer)
    returns table (on_hand numeric, reserved numeric, waiting numeric, asked numeric, called numeric, purchased numeric,
        made numeric)
    language sql stable rows 1 as $$
    select b.on_hand, b.reserved, h.waiting, a.asked, c.called, n.purchased, m.made
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

-- What running and released orders still want at a place, beyond what they already issued or wait for.
create function place_need(item_ref integer, place_ref integer) returns numeric language sql stable
    return (
        select coalesce(sum(greatest(
            round(w.quantity * c.quantity * (100 + c.scrap_percent) / (c.base_quantity * 100), 6) - c.issued, 0)), 0)
        from operation_component c
        join work_order_operation o on o.id = c.operation_id and o.state in ('running', 'allowed_to_start')
        join work_order w on w.id = o.work_order_id
        where c.item_id = item_ref and c.location_id = place_ref
    );

-- What a loop wants before order modifiers; 0 when it is not due. domain/loop_rule.py says the same in Python.
create function wanted_quantity(method text, projected numeric, reorder_point numeric, order_quantity numeric,
    max_quantity numeric, empty_cards bigint, scanned boolean, rate_per_hour numeric, lead_time_s integer, need numeric)
    returns numeric language sql immutable parallel safe
    return case method
        when 'reorder_point' then case when projected <= reorder_point then order_quantity else 0 end
        when 'min_max' then
            case when projected <= reorder_point then greatest(coalesce(max_quantity, projected) - projected, 0) else 0 end
        when 'kanban' then empty_cards * order_quantity
        when 'two_bin' then order_quantity * case
            when scanned then empty_cards when projected <= 0 then 2 when projected <= order_quantity then 1 else 0 end
        when 'on_demand' then case
            when rate_per_hour > 0 and need > projected and projected * 3600 <= rate_per_hour * (lead_time_s + 60)
            then least(order_quantity, need - projected) else 0 end
        else 0 end;

create function next_multiple(quantity numeric, step numeric) returns numeric language sql immutable parallel safe
    return case when step is null or mod(quantity, step) = 0 then quantity else quantity - mod(quantity, step) + step end;

-- A quantity made an order: minimum, multiple, whole packs, maximum; in the words of domain/loop_rule.py.
create function order_size(quantity numeric, order_min numeric, order_multiple numeric, pack numeric, order_max numeric)
    returns numeric language sql immutable parallel safe
    return case
        when quantity <= 0 then 0
        when next_multiple(next_multiple(greatest(quantity, order_min), order_multiple), pack) > order_max
            then coalesce(
                nullif(order_max - mod(order_max, coalesce(pack, order_multiple, order_max)), 0), order_max)
        else next_multiple(next_multiple(greatest(quantity, order_min), order_multiple), pack) end;
