-- What a unit made in a shift that is over, and how long it was in which state: a row a shift, so that a month of shifts is read
-- and not added up. Whatever a late fact changes in a closed shift is kept beside it.

create table shift_pieces (
    equipment_id integer not null references equipment,
    began timestamptz not null,
    ended timestamptz not null check (ended > began),
    good numeric(18, 6) not null,
    scrap numeric(18, 6) not null,
    -- when a late fact last changed any figure of it
    restated_at timestamptz,
    primary key (equipment_id, began)
) with (fillfactor = 90);

create table shift_state (
    equipment_id integer not null references equipment,
    began timestamptz not null,
    state text not null,
    seconds numeric(12, 6) not null,
    primary key (equipment_id, began, state)
) with (fillfactor = 90);

-- The end of the unit's last closed shift. On the live row, because whoever books facts of the unit, or closes its shifts, holds
-- that row: facts are in a shift when it is closed, or they find it closed and restate it.
alter table equipment_live add column shifts_until timestamptz;

-- A figure of a closed shift that became another one. Seconds of a state, or pieces.
create table shift_restatement (
    id bigint generated always as identity primary key,
    equipment_id integer not null references equipment,
    began timestamptz not null,
    ended timestamptz not null,
    figure text not null check (figure in ('good', 'scrap', 'state')),
    state text check ((state is not null) = (figure = 'state')),
    before numeric(18, 6) not null,
    after numeric(18, 6) not null check (after <> before),
    -- machine time of the latest fact that did it, and the batch or command it came with
    fact_at timestamptz not null,
    ingest_id bigint,
    command_id uuid,
    at timestamptz not null
);
create index on shift_restatement (equipment_id, began);
create trigger shift_restatement_is_append_only before update or delete or truncate on shift_restatement
    for each statement execute function refuse_change();

-- How long a unit was in which state between two times; a state lasts until the next one.
create function unit_states(unit integer, began timestamptz, ended timestamptz)
    returns table (state text, seconds numeric) language sql stable as $$
    select x.state, sum(extract(epoch from least(x.until, ended) - greatest(x.at, began)))
    from (
        select c.state, c.at, coalesce(lead(c.at) over (order by c.at), 'infinity') as until
        from state_change c
        where c.equipment_id = unit and c.at < ended and c.at >= coalesce((
            select max(b.at) from state_change b where b.equipment_id = unit and b.at <= began), '-infinity')
    ) x
    where least(x.until, ended) > greatest(x.at, began)
    group by x.state
$$;
