-- What an order really cost: when it is closed, what it took at moving average is set against what its pieces came in at, and
-- the difference goes to the pieces in stock, or is its variance.

-- Conversion (labour, machine) at standard, for one stock unit that is made, good or not.
alter table item add column conversion_cost numeric(18, 6) not null default 0 check (conversion_cost >= 0);

-- Orders of which every operation is closed or aborted, and which nobody has settled yet.
create table settlement_due (
    work_order_id integer primary key references work_order
);

create function order_comes_due() returns trigger language plpgsql as $$
begin
    if not exists (
        select 1 from work_order_operation
        where work_order_id = new.work_order_id and state not in ('closed', 'aborted')
    ) then
        insert into settlement_due (work_order_id) values (new.work_order_id) on conflict do nothing;
    end if;
    return null;
end $$;
create trigger ended_orders_come_due after update of state on work_order_operation
    for each row when (new.state in ('closed', 'aborted') and old.state is distinct from new.state)
    execute function order_comes_due();

-- material + conversion = made_value + to_stock + variance, exactly.
create table order_settlement (
    id integer generated always as identity primary key,
    work_order_id integer not null references work_order,
    item_id integer not null references item,
    at timestamptz not null,
    -- what was consumed, at moving average
    material numeric(24, 6) not null,
    conversion numeric(24, 6) not null,
    -- what its pieces, co- and by-products came in at
    made_value numeric(24, 6) not null,
    -- what raises (lowers) the value of the item's stock
    to_stock numeric(24, 6) not null,
    variance numeric(24, 6) not null,
    check (material + conversion = made_value + to_stock + variance)
);
create index on order_settlement (item_id, at);
create index on order_settlement (work_order_id);
create trigger order_settlement_is_append_only before update or delete or truncate on order_settlement
    for each statement execute function refuse_change();
