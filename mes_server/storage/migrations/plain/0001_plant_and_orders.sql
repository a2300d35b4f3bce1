-- The plant: equipment, people, items, places, lots, bills, orders, and who commanded what.
-- Quantities are numeric(18,6); times are UTC. No statement here or elsewhere takes business time from now().

create table site (
    id smallint primary key default 1 check (id = 1),
    code text not null,
    name jsonb not null,
    time_zone text not null
);

create table location (
    id integer generated always as identity primary key,
    code text not null unique,
    name jsonb not null,
    kind text not null check (kind in (
        'store', 'bin', 'line_side', 'in_transit', 'quarantine', 'scrap', 'finished',
        'supplier', 'customer', 'production', 'consumption', 'adjustment')),
    -- physical locations hold real stock and never go below zero; the others are the other side of the double entry
    physical boolean generated always as (kind not in
        ('supplier', 'customer', 'production', 'consumption', 'adjustment')) stored,
    parent_id integer references location
);

insert into location (code, name, kind) values
    ('SUPPLIER', '{"en": "Suppliers", "zh": "供应商"}', 'supplier'),
    ('CUSTOMER', '{"en": "Customers", "zh": "客户"}', 'customer'),
    ('PRODUCTION', '{"en": "Production", "zh": "生产"}', 'production'),
    ('CONSUMPTION', '{"en": "Consumption", "zh": "消耗"}', 'consumption'),
    ('ADJUSTMENT', '{"en": "Adjustments", "zh": "盘点差异"}', 'adjustment'),
    ('SCRAP', '{"en": "Scrap", "zh": "报废"}', 'scrap');

create table item (
    id integer generated always as identity primary key,
    code text not null unique,
    name jsonb not null,
    unit text not null,
    procurement text not null check (procurement in ('make', 'buy')),
    standard_cost numeric(18, 6) not null default 0
);

create table equipment (
    id integer generated always as identity primary key,
    path text not null unique,
    level text not null check (level in ('site', 'area', 'line', 'unit')),
    name jsonb not null,
    line_side_id integer references location,
    output_id integer references location,
    ideal_cycle_s numeric(12, 4)
);

create table signal (
    id integer generated always as identity primary key,
    equipment_id integer not null references equipment,
    name text not null,
    role text not null check (role in
        ('good', 'scrap', 'produced', 'consumed', 'state', 'process_value', 'setpoint')),
    unit text not null default '',
    item_id integer references item,
    item_code text,
    agent text not null default '',
    unique (equipment_id, name)
);

create table person (
    id integer generated always as identity primary key,
    badge text not null unique,
    name text not null,
    roles text[] not null,
    language text not null default 'en',
    active boolean not null default true
);

create table lot (
    id integer generated always as identity primary key,
    item_id integer not null references item,
    code text not null,
    status text not null default 'available' check (status in ('available', 'held')),
    expires_on date,
    supplier_lot text not null default '',
    received_at timestamptz not null,
    unique (item_id, code)
);

create table bill_of_material (
    id integer generated always as identity primary key,
    item_id integer not null references item,
    revision text not null default 'A',
    -- components are stated for this much output, so that 2 kg for 200 m stays exact
    base_quantity numeric(18, 6) not null default 1 check (base_quantity > 0),
    unique (item_id, revision)
);

create table bill_component (
    bill_id integer not null references bill_of_material on delete cascade,
    item_id integer not null references item,
    quantity numeric(18, 6) not null check (quantity > 0),
    scrap_percent numeric(9, 4) not null default 0,
    -- a measured component is booked as weighed or issued, never backflushed
    measured boolean not null default false,
    primary key (bill_id, item_id)
);

create table work_order (
    id integer generated always as identity primary key,
    number text not null unique,
    item_id integer not null references item,
    quantity numeric(18, 6) not null check (quantity > 0),
    due_at timestamptz not null,
    priority smallint not null default 100,
    over_percent numeric(9, 4) not null default 10,
    under_percent numeric(9, 4) not null default 0,
    created_at timestamptz not null
);

create table work_order_operation (
    id integer generated always as identity primary key,
    work_order_id integer not null references work_order,
    number smallint not null default 10,
    equipment_id integer not null references equipment,
    state text not null default 'not_allowed_to_start' check (state in (
        'not_allowed_to_start', 'allowed_to_start', 'running', 'held', 'suspended',
        'completed', 'closed', 'aborted')),
    good numeric(18, 6) not null default 0,
    scrap numeric(18, 6) not null default 0 check (scrap >= 0),
    rework numeric(18, 6) not null default 0 check (rework >= 0),
    produced numeric(18, 6) generated always as (good + scrap + rework) stored,
    output_lot_id integer references lot,
    released_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    last_count_at timestamptz,
    version integer not null default 1,
    unique (work_order_id, number)
);
create index on work_order_operation (equipment_id, state);
create unique index one_running_operation_per_unit on work_order_operation (equipment_id) where state = 'running';

-- The order as it was frozen at release: what it consumes, from where, and what was issued so far.
create table operation_component (
    operation_id integer not null references work_order_operation,
    item_id integer not null references item,
    location_id integer not null references location,
    quantity numeric(18, 6) not null check (quantity > 0),
    base_quantity numeric(18, 6) not null check (base_quantity > 0),
    scrap_percent numeric(9, 4) not null default 0,
    measured boolean not null,
    -- booked or waiting in the shortage queue
    issued numeric(18, 6) not null default 0,
    primary key (operation_id, item_id)
);

-- When an operation ran on a unit, by machine time: [started_at, ended_at).
create table operation_run (
    id integer generated always as identity primary key,
    operation_id integer not null references work_order_operation,
    equipment_id integer not null references equipment,
    started_at timestamptz not null,
    ended_at timestamptz check (ended_at >= started_at),
    -- running total of each counter when the order started: {"good": 1234}
    totals_at_start jsonb not null default '{}',
    totals_at_end jsonb
);
create unique index one_open_run_per_unit on operation_run (equipment_id) where ended_at is null;
create index on operation_run (equipment_id, started_at desc);
create index on operation_run (operation_id);

create table command (
    id uuid primary key,
    kind text not null,
    -- the same key with other content is refused
    input_hash bytea not null,
    person_id integer references person,
    station text not null default '',
    at timestamptz not null,
    answer jsonb not null
);

