-- Reservations for orders, what people book by hand, and units that people may enter quantities in.

-- More kinds of movement; kinds that other files added stay.
do $$
declare
    kinds text;
begin
    select string_agg(distinct quote_literal(kind), ', ') into kinds
    from (
        select word[1] as kind
        from pg_constraint as c, regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''', 'g') as word
        where c.conrelid = 'movement'::regclass and c.conname = 'movement_kind_check'
        union values ('issue'), ('return'), ('count')
    ) as known;
    alter table movement drop constraint movement_kind_check;
    execute 'alter table movement add constraint movement_kind_check check (kind in (' || kinds || '))';
end $$;

-- One `unit` of an item is numerator / denominator of its stock unit, exactly.
create table item_unit (
    item_id integer not null references item,
    unit text not null,
    numerator bigint not null check (numerator > 0),
    denominator bigint not null default 1 check (denominator > 0),
    primary key (item_id, unit)
);

-- Stock that an operation has claimed. A hard reservation is for this very lot; a soft one is for the quantity, its lot
-- is exchanged when somebody else needs that lot and another one is free.
create table reservation (
    id integer generated always as identity primary key,
    operation_id integer not null references work_order_operation,
    item_id integer not null references item,
    location_id integer not null references location,
    lot_id integer not null references lot,
    hard boolean not null,
    quantity numeric(18, 6) not null check (quantity > 0),
    remaining numeric(18, 6) not null check (remaining >= 0 and remaining <= quantity),
    at timestamptz not null,
    ended_at timestamptz,
    person_id integer references person,
    command_id uuid
);
create index open_reservation on reservation (item_id, location_id, operation_id) where remaining > 0;
create index on reservation (operation_id);

-- balance.reserved follows the reservations whoever writes them; the check of balance then holds for their sum.
create function move_reserved(item_ref integer, place_ref integer, lot_ref integer, delta numeric) returns void
language plpgsql as $$
begin
    update balance set reserved = reserved + delta
    where item_id = item_ref and location_id = place_ref and lot_id = lot_ref and physical;
    if not found then
        raise exception 'only stock of a real place can be reserved' using errcode = 'check_violation';
    end if;
end $$;

create function reservation_moves_reserved() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and row(old.item_id, old.location_id, old.lot_id) = row(new.item_id, new.location_id, new.lot_id) then
        if new.remaining <> old.remaining then
            perform move_reserved(new.item_id, new.location_id, new.lot_id, new.remaining - old.remaining);
        end if;
        return null;
    end if;
    if tg_op <> 'INSERT' and old.remaining > 0 then
        perform move_reserved(old.item_id, old.location_id, old.lot_id, -old.remaining);
    end if;
    if tg_op <> 'DELETE' and new.remaining > 0 then
        perform move_reserved(new.item_id, new.location_id, new.lot_id, new.remaining);
    end if;
    return null;
end $$;
create trigger reservation_is_in_balance after insert or update or delete on reservation
    for each row execute function reservation_moves_reserved();

-- An operation that has ended reserves nothing.
create function end_reservations() returns trigger language plpgsql as $$
begin
    update reservation set remaining = 0, ended_at = new.ended_at where operation_id = new.id and remaining > 0;
    return null;
end $$;
create trigger ended_operations_reserve_nothing after update of state on work_order_operation
    for each row when (new.state in ('completed', 'closed', 'aborted') and old.state is distinct from new.state)
    execute function end_reservations();

-- What a difference may be worth before somebody else has to approve it.
create table material_rule (
    id smallint primary key default 1 check (id = 1),
    -- money; a manual adjustment worth more waits for approval
    adjustment_limit numeric(18, 6) not null default 500 check (adjustment_limit >= 0)
);
insert into material_rule default values;

-- Adjustments by hand and from counts: booked at once, or waiting for another person.
create table stock_adjustment (
    id integer generated always as identity primary key,
    item_id integer not null references item,
    lot_id integer not null references lot,
    location_id integer not null references location,
    -- what is to be added (+) or taken off (-)
    quantity numeric(18, 6) not null check (quantity <> 0),
    value numeric(24, 6) not null,
    reason text not null,
    state text not null check (state in ('booked', 'waiting', 'refused')),
    asked_at timestamptz not null,
    asked_by integer references person,
    command_id uuid not null,
    decided_at timestamptz,
    decided_by integer references person,
    decision text not null default '',
    movement_id bigint references movement
);
create index waiting_adjustment on stock_adjustment (id) where state = 'waiting';
