-- Blind cycle counts: lists, what was counted and when, and how far a difference is taken without another person.

create table count_rule (
    abc_class text primary key check (abc_class in ('A', 'B', 'C')),
    -- of the book quantity
    tolerance_percent numeric(9, 4) not null check (tolerance_percent >= 0),
    every_days integer not null check (every_days > 0)
);
insert into count_rule values ('A', 0.5, 30), ('B', 1, 90), ('C', 2, 180);

create table count_list (
    id integer generated always as identity primary key,
    location_id integer not null references location,
    abc_class text references count_rule,
    note text not null default '',
    created_at timestamptz not null,
    created_by integer references person,
    closed_at timestamptz
);

create table count_line (
    id integer generated always as identity primary key,
    list_id integer not null references count_list,
    item_id integer not null references item,
    lot_id integer not null references lot,
    location_id integer not null references location,
    state text not null default 'open' check (state in ('open', 'recount', 'waiting', 'booked', 'refused')),
    -- whether the first count was within tolerance; what accuracy is made of
    first_hit boolean,
    -- the last count, its time, and what the ledger said as of that time
    counted numeric(18, 6) check (counted >= 0),
    counted_at timestamptz,
    counted_by integer references person,
    first_counter integer references person,
    book numeric(18, 6),
    value numeric(24, 6),
    note text not null default '',
    decided_at timestamptz,
    decided_by integer references person,
    movement_id bigint references movement,
    unique (list_id, item_id, lot_id, location_id)
);
create index on count_line (item_id, location_id, counted_at);
create index count_line_to_decide on count_line (id) where state = 'waiting';
