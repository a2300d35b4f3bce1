-- Two triggers looked up the same lots and places of the same postings. Now one looks them up once, refuses what refers to
-- something that is not there, and sums the rest.

drop trigger movement_refers on movement;
drop function movement_refers();

create or replace function movement_sums_lots() returns trigger language plpgsql as $$
declare wrong bigint;
begin
    with posted as materialized (
        select a.id, a.operation_id, a.lot_id, a.item_id, a.equipment_id, a.quantity, a.at, f.kind as origin, t.kind as goal,
            l.id is not null and f.id is not null and t.id is not null
                and (o.id is not null or a.operation_id is null) and (e.id is not null or a.equipment_id is null) as whole
        from added a
        left join lot l on l.id = a.lot_id and l.item_id = a.item_id
        left join location f on f.id = a.from_id
        left join location t on t.id = a.to_id
        left join work_order_operation o on o.id = a.operation_id
        left join equipment e on e.id = a.equipment_id
    ), summed as (
        insert into operation_lot as x (operation_id, lot_id, item_id, equipment_id, produced, consumed, since, until)
        select a.operation_id, a.lot_id, max(a.item_id),
            max(a.equipment_id) filter (where 'consumption' in (a.origin, a.goal)),
            sum(a.quantity) filter (where a.origin = 'production'),
            sum(case when a.goal = 'consumption' then a.quantity else -a.quantity end)
                filter (where 'consumption' in (a.origin, a.goal)),
            min(a.at) filter (where a.goal = 'consumption'), max(a.at) filter (where a.goal = 'consumption')
        from posted a
        where a.whole and a.operation_id is not null
            and (a.origin in ('production', 'consumption') or a.goal = 'consumption')
        group by 1, 2
        order by 1, 2
        on conflict (operation_id, lot_id) do update set
            equipment_id = greatest(x.equipment_id, excluded.equipment_id),
            produced = coalesce(x.produced + excluded.produced, x.produced, excluded.produced),
            consumed = coalesce(x.consumed + excluded.consumed, x.consumed, excluded.consumed),
            since = least(x.since, excluded.since), until = greatest(x.until, excluded.until)
    )
    select p.id into wrong from posted p where not p.whole limit 1;
    if found then
        raise exception 'movement % refers to something that is not there', wrong using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;

-- Few postings reverse another one; the others need no entry in the index.
alter table movement drop constraint movement_reverses_id_key;
create unique index movement_is_reversed_once on movement (reverses_id) where reverses_id is not null;
