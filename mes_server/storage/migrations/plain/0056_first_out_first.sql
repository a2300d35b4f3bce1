-- Which lot of a place goes first is asked for every item of every batch. The balance carries what that depends on, so
-- that the answer is the first entry of an index, however many lots lie there.

alter table balance add column expires_on date, add column received_at timestamptz;
update balance b set expires_on = t.expires_on, received_at = t.received_at from lot t where t.id = b.lot_id;

create function balance_knows_its_lot() returns trigger language plpgsql as $$
begin
    select t.expires_on, t.received_at into new.expires_on, new.received_at from lot t where t.id = new.lot_id;
    return new;
end $$;
create trigger balance_knows_its_lot before insert on balance
    for each row execute function balance_knows_its_lot();

create function lot_tells_its_balances() returns trigger language plpgsql as $$
begin
    update balance set expires_on = new.expires_on, received_at = new.received_at
    where item_id = new.item_id and lot_id = new.id;
    return null;
end $$;
create trigger lot_tells_its_balances after update of expires_on, received_at on lot
    for each row when (old.expires_on is distinct from new.expires_on or old.received_at <> new.received_at)
    execute function lot_tells_its_balances();

drop index open_stock;
create index open_stock on balance (item_id, location_id, expires_on, received_at, lot_id) where open and physical;
