-- Genealogy asks which lots an operation consumed and produced. The ledger knows, posting by posting; here it is summed per
-- operation and lot as it is posted, so that a tree of ten levels reads a row for each of its links.

create table operation_lot (
    operation_id integer not null references work_order_operation,
    lot_id integer not null,
    item_id integer not null,
    equipment_id integer,
    -- what came out of production; null: nothing did
    produced numeric(18, 6),
    -- what went into consumption, less what came back, and the first and last posting into it; null: nothing did
    consumed numeric(18, 6),
    since timestamptz,
    until timestamptz,
    primary key (operation_id, lot_id)
) with (fillfactor = 70);
create index operation_lot_of_lot on operation_lot (lot_id);

create function movement_sums_lots() returns trigger language plpgsql as $$
begin
    insert into operation_lot as x (operation_id, lot_id, item_id, equipment_id, produced, consumed, since, until)
    select a.operation_id, a.lot_id, max(a.item_id),
        max(a.equipment_id) filter (where 'consumption' in (f.kind, t.kind)),
        sum(a.quantity) filter (where f.kind = 'production'),
        sum(case when t.kind = 'consumption' then a.quantity else -a.quantity end)
            filter (where 'consumption' in (f.kind, t.kind)),
        min(a.at) filter (where t.kind = 'consumption'), max(a.at) filter (where t.kind = 'consumption')
    from added a
    join location f on f.id = a.from_id
    join location t on t.id = a.to_id
    where a.operation_id is not null and (f.kind in ('production', 'consumption') or t.kind = 'consumption')
    group by 1, 2
    order by 1, 2
    on conflict (operation_id, lot_id) do update set
        equipment_id = greatest(x.equipment_id, excluded.equipment_id),
        produced = coalesce(x.produced + excluded.produced, x.produced, excluded.produced),
        consumed = coalesce(x.consumed + excluded.consumed, x.consumed, excluded.consumed),
        since = least(x.since, excluded.since), until = greatest(x.until, excluded.until);
    return null;
end $$;

insert into operation_lot (operation_id, lot_id, item_id, equipment_id, produced, consumed, since, until)
select a.operation_id, a.lot_id, max(a.item_id),
    max(a.equipment_id) filter (where 'consumption' in (f.kind, t.kind)),
    sum(a.quantity) filter (where f.kind = 'production'),
    sum(case when t.kind = 'consumption' then a.quantity else -a.quantity end)
        filter (where 'consumption' in (f.kind, t.kind)),
    min(a.at) filter (where t.kind = 'consumption'), max(a.at) filter (where t.kind = 'consumption')
from movement a
join location f on f.id = a.from_id
join location t on t.id = a.to_id
where a.operation_id is not null and (f.kind in ('production', 'consumption') or t.kind = 'consumption')
group by 1, 2;

create trigger movement_sums_lots after insert on movement
    referencing new table as added for each statement execute function movement_sums_lots();
