-- The ways not taken: the same work for one event at a time.

-- :name create_function
-- One call an event: cursor, event, order, components on their head lot, ledger, balances, roll-ups, feed.
create or replace function book_one(
    p_source integer, p_seq bigint, p_kind text, p_path text, p_signal text, p_at timestamptz, p_total numeric,
    p_delta numeric, p_state text, p_now timestamptz) returns void language plpgsql as $$
declare
    v_unit record; v_signal record; v_op record; v_component record; v_lot integer; v_need numeric;
    v_consumption integer; v_production integer;
begin
    update source set through = p_seq where id = p_source and through = p_seq - 1;
    if not found then return; end if;
    select * into v_unit from equipment where path = p_path;
    select * into v_signal from signal where equipment_id = v_unit.id and name = p_signal;
    select o.* into v_op from operation_run r join work_order_operation o on o.id = r.operation_id
    where r.equipment_id = v_unit.id and r.started_at <= p_at and (r.ended_at is null or p_at < r.ended_at)
    order by r.started_at desc limit 1;
    insert into event (ingest_id, source_id, seq, kind, quality, equipment_id, signal_id, operation_id, at, arrived_at,
        epoch, total, step)
    values (0, p_source, p_seq, p_kind::"char", 'g', v_unit.id, v_signal.id, v_op.id, p_at, p_at, 1, p_total, p_delta);
    insert into equipment_live (equipment_id, last_arrived_at) values (v_unit.id, p_at)
    on conflict (equipment_id) do update set last_arrived_at = p_at;
    select id into v_consumption from location where code = 'CONSUMPTION';
    select id into v_production from location where code = 'PRODUCTION';
    if p_kind = 's' then
        insert into state_change (equipment_id, at, state, ingest_id) values (v_unit.id, p_at, p_state, 0)
        on conflict do nothing;
    elsif p_kind = 'c' then
        insert into signal_total (signal_id, epoch, total, at) values (v_signal.id, 1, p_total, p_at)
        on conflict (signal_id) do update set total = p_total, at = p_at;
        update work_order_operation set good = good + p_delta where id = v_op.id;
        perform move_one('produce', v_op.output_lot_id, v_production, v_unit.output_id, p_delta, p_at, v_op.id);
        for v_component in select * from operation_component where operation_id = v_op.id and not measured loop
            v_need := p_delta * v_component.quantity / v_component.base_quantity;
            select b.lot_id into v_lot from balance b join lot t on t.id = b.lot_id
            where b.item_id = v_component.item_id and b.location_id = v_component.location_id and b.open
              and b.quantity >= v_need
            order by t.expires_on, t.id limit 1;
            update operation_component set issued = issued + v_need
            where operation_id = v_op.id and item_id = v_component.item_id;
            if v_lot is not null then
                perform move_one('backflush', v_lot, v_component.location_id, v_consumption, v_need, p_at, v_op.id);
            end if;
        end loop;
        insert into production_hour (equipment_id, hour, operation_id, good)
        values (v_unit.id, date_trunc('hour', p_at), v_op.id, p_delta)
        on conflict (equipment_id, hour, operation_id) do update set good = production_hour.good + p_delta;
    elsif p_kind = 'w' then
        insert into signal_total (signal_id, epoch, total, at) values (v_signal.id, 1, p_total, p_at)
        on conflict (signal_id) do update set total = p_total, at = p_at;
        select b.lot_id into v_lot from balance b join lot t on t.id = b.lot_id
        where b.item_id = v_signal.item_id and b.location_id = v_unit.line_side_id and b.open and b.quantity >= p_delta
        order by t.expires_on, t.id limit 1;
        if v_lot is not null then
            perform move_one('weigh', v_lot, v_unit.line_side_id, v_consumption, p_delta, p_at, v_op.id);
        end if;
    end if;
    insert into feed_event (topic, ref, at) values ('unit', v_unit.id, p_now);
end $$;

-- :name create_move
-- One posting and both its balances.
create or replace function move_one(
    p_kind text, p_lot integer, p_from integer, p_to integer, p_quantity numeric, p_at timestamptz, p_operation integer)
    returns void language plpgsql as $$
declare v_item integer;
begin
    select item_id into v_item from lot where id = p_lot;
    insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at, operation_id)
    values (p_kind, v_item, p_lot, p_from, p_to, p_quantity, p_at, p_at, p_operation);
    insert into balance (item_id, location_id, lot_id, quantity, physical)
    select v_item, l.id, p_lot, 0, l.physical from location l where l.id in (p_from, p_to)
    on conflict do nothing;
    update balance set quantity = quantity - p_quantity, open = quantity <> p_quantity
    where item_id = v_item and location_id = p_from and lot_id = p_lot;
    update balance set quantity = quantity + p_quantity, open = quantity <> -p_quantity
    where item_id = v_item and location_id = p_to and lot_id = p_lot;
end $$;

-- :name call
-- The function, once an event.
select book_one(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
