-- What was paid for goods that people receive; moving averages are told from the ledger and these prices alone.

create table movement_price (
    movement_id bigint primary key references movement,
    -- money for all of it
    amount numeric(30, 12) not null check (amount >= 0)
);
create trigger movement_price_is_append_only before update or delete or truncate on movement_price
    for each statement execute function refuse_change();
