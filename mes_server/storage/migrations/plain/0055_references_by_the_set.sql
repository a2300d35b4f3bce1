-- A batch of facts books hundreds of movements and states at once. A foreign key is checked row by row and key by key, and
-- that took longer than writing the rows; here the same is checked once a statement, for all its rows together.

alter table movement
    drop constraint movement_item_id_fkey,
    drop constraint movement_lot_id_fkey,
    drop constraint movement_from_id_fkey,
    drop constraint movement_to_id_fkey,
    drop constraint movement_operation_id_fkey,
    drop constraint movement_equipment_id_fkey;
alter table state_change drop constraint state_change_equipment_id_fkey;

-- What is moved is there: the lot is of that item, and the places, the operation and the unit exist.
create function movement_refers() returns trigger language plpgsql as $$
declare wrong bigint;
begin
    select a.id into wrong
    from added a
    left join lot t on t.id = a.lot_id and t.item_id = a.item_id
    left join location f on f.id = a.from_id
    left join location l on l.id = a.to_id
    left join work_order_operation o on o.id = a.operation_id
    left join equipment e on e.id = a.equipment_id
    where t.id is null or f.id is null or l.id is null
        or (o.id is null and a.operation_id is not null) or (e.id is null and a.equipment_id is not null)
    limit 1;
    if found then
        raise exception 'movement % refers to something that is not there', wrong using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;

create trigger movement_refers after insert on movement
    referencing new table as added for each statement execute function movement_refers();

create function state_change_refers() returns trigger language plpgsql as $$
begin
    if exists (select 1 from added a where not exists (select 1 from equipment e where e.id = a.equipment_id)) then
        raise exception 'a state change refers to a unit that is not there' using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;

create trigger state_change_refers after insert on state_change
    referencing new table as added for each statement execute function state_change_refers();

-- What the ledger and the states refer to is never deleted, by anybody. Items, lots and places are held by their balances.
create function refuse_delete_of_what_is_booked() returns trigger language plpgsql as $$
begin
    if exists (
        select 1 from gone g where exists (select 1 from movement m where m.operation_id = g.id))
    then
        raise exception 'an operation with postings cannot be deleted' using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;

create trigger what_is_booked_stays after delete on work_order_operation
    referencing old table as gone for each statement execute function refuse_delete_of_what_is_booked();
