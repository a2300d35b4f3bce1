-- Bills with permitted substitutes and further outputs; components that change while an order runs, from the produced
-- quantity on at which they did; and pieces that come of one lot only.

-- What may take a component's place: so much of it for one of the component, lower priorities first.
create table bill_substitute (
    bill_id integer not null references bill_of_material on delete cascade,
    item_id integer not null references item,
    substitute_id integer not null references item,
    ratio numeric(18, 6) not null check (ratio > 0),
    priority smallint not null default 100,
    primary key (bill_id, item_id, substitute_id),
    check (item_id <> substitute_id)
);

-- Co- and by-products: what comes out besides, for the bill's base quantity of good pieces.
create table bill_output (
    bill_id integer not null references bill_of_material on delete cascade,
    item_id integer not null references item,
    quantity numeric(18, 6) not null check (quantity > 0),
    kind text not null check (kind in ('co', 'by')),
    -- null: where the yielding unit puts its pieces
    location_id integer references location,
    primary key (bill_id, item_id)
);

alter table operation_component
    -- good, scrap and rework of the operation when this component, as it is stated now, came into use
    add column produced_from numeric(18, 6) not null default 0,
    -- its standard consumption up to then
    add column standard_before numeric(18, 6) not null default 0,
    -- the component of the bill whose place it took
    add column substitute_for integer references item,
    -- only this lot will do
    add column lot_id integer references lot;

-- Components that an operation does not use any more: what it used of them stays.
create table operation_component_past (
    operation_id integer not null references work_order_operation,
    item_id integer not null references item,
    location_id integer not null references location,
    quantity numeric(18, 6) not null,
    base_quantity numeric(18, 6) not null,
    scrap_percent numeric(9, 4) not null,
    measured boolean not null,
    substitute_for integer references item,
    lot_id integer references lot,
    produced_until numeric(18, 6) not null,
    -- standard consumption up to then, and what was issued of it
    standard numeric(18, 6) not null,
    issued numeric(18, 6) not null,
    ended_at timestamptz not null,
    primary key (operation_id, item_id)
);

-- Substitutes that were permitted when the order was released.
create table operation_substitute (
    operation_id integer not null references work_order_operation on delete cascade,
    item_id integer not null references item,
    substitute_id integer not null references item,
    ratio numeric(18, 6) not null,
    priority smallint not null,
    primary key (operation_id, item_id, substitute_id)
);

-- What the yielding operation puts out besides its pieces, as it was frozen, and how much of it is posted.
create table operation_output (
    operation_id integer not null references work_order_operation on delete cascade,
    item_id integer not null references item,
    lot_id integer not null references lot,
    location_id integer not null references location,
    quantity numeric(18, 6) not null check (quantity > 0),
    base_quantity numeric(18, 6) not null check (base_quantity > 0),
    kind text not null check (kind in ('co', 'by')),
    posted numeric(18, 6) not null default 0,
    primary key (operation_id, item_id)
);

-- Standard consumption of a component: what its earlier statements came to, and its present one for what was produced
-- since, rounded once.
create function component_due(produced numeric, produced_from numeric, standard_before numeric, quantity numeric,
    base_quantity numeric, scrap_percent numeric) returns numeric language sql immutable parallel safe
    return standard_before
        + round(greatest(produced - produced_from, 0) * quantity * (100 + scrap_percent) / (base_quantity * 100), 6);
