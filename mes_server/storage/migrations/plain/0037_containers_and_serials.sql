-- Containers that hold lots at a place, and serial numbers of single pieces.

create table container (
    id integer generated always as identity primary key,
    -- plain code or SSCC
    code text not null unique,
    kind text not null default '',
    location_id integer not null references location,
    tare numeric(18, 6) check (tare >= 0),
    tare_unit text,
    -- closed by a person; nothing is put in or taken out until it is opened
    sealed boolean not null default false,
    created_at timestamptz not null,
    moved_at timestamptz
);

-- What of a lot at the container's place is in it. Stock of the place that is in no container is loose and used first;
-- what is used beyond it comes out of the oldest containers.
create table container_content (
    container_id integer not null references container,
    item_id integer not null references item,
    lot_id integer not null references lot,
    quantity numeric(18, 6) not null check (quantity >= 0),
    primary key (container_id, item_id, lot_id)
);
create index on container_content (item_id, lot_id);

-- Contents as they are now: capped by what lies at the place.
create view container_stock as
    select c.id as container_id, c.location_id, x.item_id, x.lot_id, greatest(0, least(
            x.quantity,
            x.quantity - greatest(0, sum(x.quantity) over lot_there - coalesce(b.quantity, 0)
                - coalesce(sum(x.quantity) over older, 0)))) as quantity
    from container_content as x
    join container as c on c.id = x.container_id
    left join balance as b on b.item_id = x.item_id and b.location_id = c.location_id and b.lot_id = x.lot_id
    where x.quantity > 0
    window lot_there as (partition by x.item_id, x.lot_id, c.location_id),
        older as (partition by x.item_id, x.lot_id, c.location_id order by c.id
            rows between unbounded preceding and 1 preceding);

create table serial (
    id integer generated always as identity primary key,
    item_id integer not null references item,
    code text not null,
    lot_id integer not null references lot,
    -- where it lies; null when it is consumed, shipped or scrapped
    location_id integer references location,
    state text not null default 'in_stock' check (state in ('in_stock', 'consumed', 'gone')),
    -- the operation that made it; null for received ones
    made_by integer references work_order_operation,
    -- the piece that it was built into
    built_into integer references serial,
    registered_at timestamptz not null,
    unique (item_id, code),
    check ((state = 'in_stock') = (location_id is not null)),
    check (built_into <> id)
);
create index serials_there on serial (item_id, location_id, lot_id) where state = 'in_stock';
create index on serial (built_into) where built_into is not null;

-- What happened to a piece; append-only like the ledger.
create table serial_event (
    id bigint generated always as identity primary key,
    serial_id integer not null references serial,
    kind text not null check (kind in ('register', 'move', 'build', 'take_out', 'scrap')),
    at timestamptz not null,
    from_id integer references location,
    to_id integer references location,
    into_id integer references serial,
    operation_id integer references work_order_operation,
    movement_id bigint references movement,
    person_id integer references person,
    command_id uuid not null
);
create index on serial_event (serial_id, id);
create trigger serial_event_is_append_only before update or delete or truncate on serial_event
    for each statement execute function refuse_change();
