-- Stock as of a time is what is there now less what came since. What came and went is summed by the day here, so that a time
-- long ago is answered from a row a day and lot and the postings of one day, and not from the whole ledger after it.

create table stock_day (
    -- midnight UTC before the postings' own time, however late they were booked
    day timestamptz not null,
    item_id integer not null,
    location_id integer not null,
    lot_id integer not null,
    quantity numeric(20, 6) not null,
    primary key (day, item_id, location_id, lot_id)
) with (fillfactor = 80);

-- One row. Every posting up to `through` is in the days, and none above. `next_through` is next, as soon as none of the
-- transactions that were writing postings when it was read is still open: ids are given before they are committed.
create table stock_day_mark (
    id smallint primary key default 1 check (id = 1),
    through bigint not null,
    next_through bigint not null,
    writers text[] not null
);
insert into stock_day_mark (through, next_through, writers) values (0, 0, '{}');

-- Who is writing postings: whoever inserts holds this lock before the first id is given, until the end of the transaction.
create function movement_writers() returns text[] language sql volatile as $$
    select coalesce(array_agg(distinct l.virtualtransaction), '{}') from pg_locks l
    where l.locktype = 'relation' and l.relation = 'movement'::regclass and l.granted
        and l.database = (select oid from pg_database where datname = current_database())
        and l.mode not in ('AccessShareLock', 'RowShareLock', 'ShareUpdateExclusiveLock')
$$;

-- Takes at most so many ids of postings into the days, each posting once; returns how many it could take at once. To be
-- called as a transaction of its own (read committed): each of its statements must see what is committed by then.
create function roll_up_stock(most bigint) returns bigint language plpgsql as $$
declare
    mark stock_day_mark;
    newest bigint;
    upto bigint;
begin
    if not pg_try_advisory_xact_lock(7301553049) then
        return 0; -- another server is at it
    end if;
    select * into mark from stock_day_mark;
    if mark.next_through = mark.through then
        select coalesce(max(id), 0) into newest from movement;
        if newest = mark.through then
            return 0;
        end if;
        -- in this order: who committed before the writers are read is seen by the sums below
        update stock_day_mark set next_through = newest, writers = movement_writers() returning * into mark;
    end if;
    if mark.writers && movement_writers() then
        return 0; -- one of them may hold an id below
    end if;
    upto := least(mark.next_through, mark.through + most);
    insert into stock_day as d (day, item_id, location_id, lot_id, quantity)
    select date_trunc('day', m.at, 'UTC'), m.item_id, p.place, m.lot_id, sum(p.quantity)
    from movement m
    cross join lateral (values (m.to_id, m.quantity), (m.from_id, -m.quantity)) p (place, quantity)
    where m.id > mark.through and m.id <= upto
    group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (day, item_id, location_id, lot_id) do update set quantity = d.quantity + excluded.quantity;
    update stock_day_mark set through = upto;
    return mark.next_through - upto;
end $$;

-- Postings of one day are found by their pages' times, also on pages that were filled since the last vacuum.
alter index movement_by_time set (autosummarize = on);
