-- Stock as of a time in the middle of a day read the postings of up to half a day one by one. Postings are summed by the hour
-- as well, so that it is those of half an hour. And sums say whether their place is a real one: without a place in the question
-- only those count, and the ledger's own accounts are the larger half.

create table stock_hour (
    -- the hour before the postings' own time, however late they were booked
    hour timestamptz not null,
    item_id integer not null,
    location_id integer not null,
    lot_id integer not null,
    quantity numeric(20, 6) not null,
    physical boolean not null,
    primary key (hour, item_id, location_id, lot_id)
) with (fillfactor = 80);

-- All postings are summed anew, some at a time as ever; meanwhile stock as of a time reads those that are not.
truncate stock_day;
alter table stock_day add column physical boolean not null;
update stock_day_mark set through = 0, next_through = 0, writers = '{}';

-- Takes at most so many ids of postings into hours and days, each posting once; returns how many it could take at once. To be
-- called as a transaction of its own (read committed): each of its statements must see what is committed by then.
create or replace function roll_up_stock(most bigint) returns bigint language plpgsql as $$
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
    with hours as (
        insert into stock_hour as h (hour, item_id, location_id, lot_id, quantity, physical)
        select date_trunc('hour', m.at, 'UTC'), m.item_id, p.place, m.lot_id, sum(p.quantity), l.physical
        from movement m
        cross join lateral (values (m.to_id, m.quantity), (m.from_id, -m.quantity)) p (place, quantity)
        join location l on l.id = p.place
        where m.id > mark.through and m.id <= upto
        group by 1, 2, 3, 4, 6 order by 1, 2, 3, 4
        on conflict (hour, item_id, location_id, lot_id) do update set quantity = h.quantity + excluded.quantity
    )
    insert into stock_day as d (day, item_id, location_id, lot_id, quantity, physical)
    select date_trunc('day', m.at, 'UTC'), m.item_id, p.place, m.lot_id, sum(p.quantity), l.physical
    from movement m
    cross join lateral (values (m.to_id, m.quantity), (m.from_id, -m.quantity)) p (place, quantity)
    join location l on l.id = p.place
    where m.id > mark.through and m.id <= upto
    group by 1, 2, 3, 4, 6 order by 1, 2, 3, 4
    on conflict (day, item_id, location_id, lot_id) do update set quantity = d.quantity + excluded.quantity;
    update stock_day_mark set through = upto;
    return mark.next_through - upto;
end $$;
