-- What happens: facts and how far they are committed, the ledger and its balances, shortages, calls, roll-ups and the feed.
-- Quantities are numeric(18,6); times are UTC.

create table ingest (
    id bigint generated always as identity primary key,
    received_at timestamptz not null,
    gateway text not null,
    facts integer not null
);

-- One row per (agent, outbox epoch): everything up to `through` is committed. Locked first, it makes facts exactly-once.
create table source (
    id integer generated always as identity primary key,
    agent text not null,
    outbox_epoch bigint not null,
    through bigint not null default 0,
    last_received_at timestamptz,
    unique (agent, outbox_epoch)
);

-- Facts that an edge could no longer send; the totals of the following facts say what lay in between.
create table source_gap (
    id integer generated always as identity primary key,
    source_id integer not null references source,
    first_missing bigint not null,
    last_missing bigint not null,
    noticed_at timestamptz not null
);

-- Running total of each counting or weighing signal, as far as it is committed.
create table signal_total (
    signal_id integer primary key references signal,
    epoch bigint not null,
    total numeric(20, 6) not null,
    at timestamptz not null
) with (fillfactor = 50);

create table quarantined_fact (
    id bigint generated always as identity primary key,
    source_id integer not null references source,
    seq bigint not null,
    equipment text not null,
    signal text not null,
    at timestamptz not null,
    quantity numeric(18, 6) not null,
    reason text not null,
    resolved_at timestamptz
);

-- The ledger: append-only, double entry. Each row moves one quantity of one lot from one location to another.
create table movement (
    id bigint generated always as identity primary key,
    kind text not null check (kind in (
        'receive', 'produce', 'produce_scrap', 'backflush', 'weigh', 'transfer', 'scrap', 'rework', 'adjust', 'reverse')),
    item_id integer not null references item,
    lot_id integer not null references lot,
    from_id integer not null references location,
    to_id integer not null references location,
    quantity numeric(18, 6) not null check (quantity > 0),
    at timestamptz not null,
    booked_at timestamptz not null,
    operation_id integer references work_order_operation,
    equipment_id integer references equipment,
    ingest_id bigint,
    command_id uuid,
    person_id integer references person,
    reason text,
    reverses_id bigint references movement unique,
    check (from_id <> to_id)
);
create index on movement (item_id, at);
create index on movement (operation_id) where operation_id is not null;
create index on movement (lot_id);

-- Stock: the sum of the ledger per item, lot and location, for every location, real or not.
create table balance (
    item_id integer not null references item,
    location_id integer not null references location,
    lot_id integer not null references lot,
    quantity numeric(18, 6) not null,
    reserved numeric(18, 6) not null default 0,
    physical boolean not null,
    open boolean not null default true,
    primary key (item_id, location_id, lot_id),
    constraint stock_is_not_negative check (not physical or quantity >= 0),
    constraint reserved_is_on_hand check (reserved >= 0 and (not physical or reserved <= quantity))
) with (fillfactor = 70);
create index open_stock on balance (item_id, location_id) where open and physical;

create table mounted_lot (
    id integer generated always as identity primary key,
    equipment_id integer not null references equipment,
    item_id integer not null references item,
    lot_id integer not null references lot,
    location_id integer not null references location,
    quantity_at_mount numeric(18, 6) not null,
    mounted_at timestamptz not null,
    unmounted_at timestamptz,
    person_id integer references person
);
create unique index one_mount_per_lot_and_place on mounted_lot (lot_id, location_id) where unmounted_at is null;
create index on mounted_lot (equipment_id) where unmounted_at is null;

-- Consumption that found no stock; it books itself, oldest first, when stock arrives.
create table shortage (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('backflush', 'weigh', 'scrap')),
    operation_id integer references work_order_operation,
    equipment_id integer not null references equipment,
    item_id integer not null references item,
    location_id integer not null references location,
    to_id integer not null references location,
    lot_id integer references lot, -- only this lot will do
    quantity numeric(18, 6) not null check (quantity > 0),
    remaining numeric(18, 6) not null check (remaining >= 0),
    since timestamptz not null,
    settled_at timestamptz,
    ingest_id bigint
);
create index open_shortage on shortage (item_id, location_id) where settled_at is null;

create table replenishment_loop (
    id integer generated always as identity primary key,
    item_id integer not null references item,
    location_id integer not null references location,
    source_id integer not null references location,
    method text not null default 'reorder_point' check (method in ('reorder_point')),
    reorder_point numeric(18, 6) not null check (reorder_point >= 0),
    order_quantity numeric(18, 6) not null check (order_quantity > 0),
    lead_time_s integer not null default 900,
    unique (item_id, location_id)
);

create table replenishment_signal (
    id integer generated always as identity primary key,
    loop_id integer not null references replenishment_loop,
    state text not null default 'raised' check (state in
        ('raised', 'accepted', 'picked', 'delivered', 'closed', 'cancelled')),
    quantity numeric(18, 6) not null check (quantity > 0),
    delivered_quantity numeric(18, 6) not null default 0,
    -- why it was raised: what the rule saw
    projected numeric(18, 6) not null,
    reorder_point numeric(18, 6) not null,
    raised_at timestamptz not null,
    ingest_id bigint,
    command_id uuid,
    accepted_at timestamptz,
    accepted_by integer references person,
    picked_at timestamptz,
    picked_by integer references person,
    delivered_at timestamptz,
    delivered_by integer references person
);
create unique index one_open_signal_per_loop on replenishment_signal (loop_id)
    where state in ('raised', 'accepted', 'picked');

-- What the warehouse took for a signal: stock reserved at the source until it is delivered.
create table replenishment_pick (
    signal_id integer not null references replenishment_signal,
    lot_id integer not null references lot,
    quantity numeric(18, 6) not null check (quantity > 0),
    primary key (signal_id, lot_id)
);

create table scrap_report (
    id integer generated always as identity primary key,
    operation_id integer not null references work_order_operation,
    disposition text not null check (disposition in ('scrap', 'rework')),
    quantity numeric(18, 6) not null check (quantity > 0),
    reason text not null,
    at timestamptz not null,
    person_id integer references person,
    command_id uuid not null,
    movement_id bigint references movement,
    reversed_at timestamptz,
    reversed_by integer references person
);
create index on scrap_report (operation_id);

-- Roll-ups by machine time; operation 0 is the "no order" bucket.
create table production_hour (
    equipment_id integer not null references equipment,
    hour timestamptz not null,
    operation_id integer not null default 0,
    good numeric(18, 6) not null default 0,
    scrap numeric(18, 6) not null default 0,
    primary key (equipment_id, hour, operation_id)
) with (fillfactor = 70);

create table production_minute (
    equipment_id integer not null references equipment,
    minute timestamptz not null,
    operation_id integer not null default 0,
    good numeric(18, 6) not null default 0,
    scrap numeric(18, 6) not null default 0,
    primary key (equipment_id, minute, operation_id)
) with (fillfactor = 70);

-- States by machine time; a state lasts until the next row of the same unit, so records cannot overlap.
create table state_change (
    equipment_id integer not null references equipment,
    at timestamptz not null,
    state text not null,
    detail text not null default '',
    ingest_id bigint not null,
    primary key (equipment_id, at)
);

create table equipment_live (
    equipment_id integer primary key references equipment,
    state text not null default 'unknown',
    state_detail text not null default '',
    state_since timestamptz,
    last_fact_at timestamptz,
    last_arrived_at timestamptz
) with (fillfactor = 50);

create table job_command (
    position bigint generated always as identity primary key,
    command_id uuid not null unique,
    agent text not null,
    equipment_id integer not null references equipment,
    operation_id integer not null references work_order_operation,
    payload jsonb not null,
    issued_at timestamptz not null,
    answered_at timestamptz,
    accepted boolean,
    reason text
);

-- A signal's total that did not continue where it was committed: what lay in between was booked late.
create table total_gap (
    id integer generated always as identity primary key,
    signal_id integer not null references signal,
    source_id integer not null references source,
    seq bigint not null,
    at timestamptz not null,
    told numeric(18, 6) not null, -- the step the fact stated
    booked numeric(18, 6) not null -- the step its total proves
);

-- What changed, for screens to follow: (topic, ref, ref2) names the card, which is built when it is read. Readers take
-- rows of finished transactions only (xid below every running one), in (xid, position) order, so that no row can
-- appear behind a reader.
create table feed_event (
    xid xid8 not null default pg_current_xact_id(),
    position bigint generated always as identity,
    topic text not null check (topic in ('unit', 'order', 'stock', 'signal', 'states')),
    ref integer not null,
    ref2 integer not null default 0,
    at timestamptz not null,
    primary key (xid, position)
);
