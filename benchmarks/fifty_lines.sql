-- The plant of the ingest benchmark: 50 lines, 500 orders, 2,000 items, 20,000 lots, bills of three components.

-- :name build
-- Everything at once, through the same tables as the product.
insert into site (code, name, time_zone) values ('bench', '{}', 'UTC');
insert into location (code, name, kind) select 'LS' || n, '{}', 'line_side' from generate_series(0, 49) n;
insert into location (code, name, kind) select 'OUT' || n, '{}', 'finished' from generate_series(0, 49) n;
insert into location (code, name, kind) values ('STORE', '{}', 'store');
insert into item (code, name, unit, procurement)
select 'I' || n, '{}', case when n %% 4 = 3 then 'kg' else 'pcs' end, case when n %% 4 = 0 then 'make' else 'buy' end
from generate_series(0, 1999) n;
insert into equipment (path, level, name, line_side_id, output_id, ideal_cycle_s)
select format('bench/a/l%%s/u', n), 'unit', '{}', s.id, o.id, 1
from generate_series(0, 49) n join location s on s.code = 'LS' || n join location o on o.code = 'OUT' || n;
-- order k makes item 4k from items 4k+1, 4k+2 (backflushed) and 4k+3 (weighed), on line k %% 50
insert into work_order (number, item_id, quantity, due_at, created_at)
select 'WO-' || k, i.id, 1000000, %(start)s, %(start)s from generate_series(0, 499) k join item i on i.code = 'I' || 4 * k;
insert into lot (item_id, code, received_at)
select w.item_id, w.number, %(start)s from work_order w;
insert into work_order_operation (work_order_id, equipment_id, state, output_lot_id, started_at)
select w.id, e.id, case when k >= 450 then 'running' else 'suspended' end, t.id, %(start)s
from generate_series(0, 499) k
join work_order w on w.number = 'WO-' || k
join equipment e on e.path = format('bench/a/l%%s/u', k %% 50)
join lot t on t.code = w.number and t.item_id = w.item_id;
insert into operation_run (operation_id, equipment_id, started_at, ended_at)
select o.id, o.equipment_id, %(start)s + (k / 50) * %(span)s::interval,
    case when k < 450 then %(start)s + (k / 50 + 1) * %(span)s::interval end
from generate_series(0, 499) k
join work_order w on w.number = 'WO-' || k join work_order_operation o on o.work_order_id = w.id;
insert into operation_component (operation_id, item_id, location_id, quantity, base_quantity, measured)
select o.id, i.id, e.line_side_id, case c when 3 then 0.5 else c end, 1, c = 3
from generate_series(0, 499) k
cross join generate_series(1, 3) c
join work_order w on w.number = 'WO-' || k join work_order_operation o on o.work_order_id = w.id
join equipment e on e.id = o.equipment_id
join item i on i.code = 'I' || 4 * k + c;
insert into lot (item_id, code, received_at, expires_on)
select c.item_id, format('L%%s-%%s', c.operation_id, n), %(start)s, date '2030-01-01' + n
from operation_component c cross join generate_series(1, 13) n;
with received as (
    insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at)
    select 'receive', c.item_id, t.id, s.id, c.location_id, %(lot)s, %(start)s, %(start)s
    from operation_component c
    join lot t on t.item_id = c.item_id and t.code like format('L%%s-%%%%', c.operation_id)
    join location s on s.code = 'SUPPLIER'
    returning item_id, lot_id, from_id, to_id, quantity
)
insert into balance (item_id, location_id, lot_id, quantity, physical)
select item_id, to_id, lot_id, quantity, true from received
union all select item_id, from_id, lot_id, -quantity, false from received;
insert into replenishment_loop (item_id, location_id, source_id, reorder_point, order_quantity)
select c.item_id, c.location_id, l.id, 12.5 * %(lot)s, %(lot)s from operation_component c join location l on l.code = 'STORE';
insert into signal (equipment_id, name, role) select id, 'good', 'good' from equipment;
insert into signal (equipment_id, name, role) select id, 'scrap', 'scrap' from equipment;
insert into signal (equipment_id, name, role) select id, 'state', 'state' from equipment;
insert into signal (equipment_id, name, role) select id, 'good2', 'good' from equipment;
-- one scale a line and agent; the benchmark's weighings are of the first order's material
insert into signal (equipment_id, name, role, item_id)
select o.equipment_id, v.name, 'consumed', c.item_id
from (values ('resin'), ('resin2')) v (name) cross join operation_component c join work_order_operation o on o.id = c.operation_id
join work_order w on w.id = o.work_order_id
where c.measured and split_part(w.number, '-', 2)::int < 50;
analyze

-- :name invariants
-- Every difference between the books: balances and postings, debit and credit, orders and events, facts stored twice or
-- not at all, totals and steps, hours and orders, stock below zero, what is reserved and who claims it.
with posted as (
    select item_id, place, lot_id, sum(quantity) as quantity from (
        select item_id, to_id as place, lot_id, quantity from movement
        union all select item_id, from_id, lot_id, -quantity from movement) m
    group by 1, 2, 3
)
select
    (select count(*) from balance b
     full join posted p on p.item_id = b.item_id and p.place = b.location_id and p.lot_id = b.lot_id
     where coalesce(b.quantity, 0) <> coalesce(p.quantity, 0))
  + (select count(*) from (select 1 from balance group by item_id, lot_id having sum(quantity) <> 0) x)
  + (select count(*) from (
        select 1 from work_order_operation o
        left join (select operation_id, sum(step) as pieces from event where kind = 'c' and source_id > 0 group by 1) e
            on e.operation_id = o.id
        where o.good + o.scrap <> coalesce(e.pieces, 0)) x)
  + (select count(*) from (
        select 1 from event where source_id > 0 group by source_id, seq having count(*) > 1) x)
  + (select count(*) from (
        select 1 from event e join signal_total t on t.signal_id = e.signal_id
        where e.source_id > 0 and e.kind in ('c', 'w')
        group by e.signal_id, t.total having sum(e.step) <> t.total) x)
  + (select count(*) from (
        select 1 from source s left join event e on e.source_id = s.id
        group by s.id having count(e.seq) <> s.through or max(e.seq) <> s.through) x)
  + (select count(*) from (
        select 1 from (select operation_id, sum(good + scrap) as pieces from production_hour group by 1) h
        join work_order_operation o on o.id = h.operation_id where o.good + o.scrap <> h.pieces) x)
  + (select count(*) from balance where physical and (quantity < 0 or reserved > quantity))
  + (select count(*) from balance b
     full join (
        select item_id, location_id, lot_id, sum(quantity) as claimed from (
            select item_id, location_id, lot_id, remaining as quantity from reservation where remaining > 0
            union all
            select p.item_id, k.location_id, k.lot_id, k.quantity
            from replenishment_pick k
            join replenishment_signal g on g.id = k.signal_id and g.state = 'picked'
            join replenishment_loop p on p.id = g.loop_id
            union all
            select item_id, transit_id, lot_id, quantity - received - turned_back
            from shipment where closed_at is null) c
        group by 1, 2, 3) c using (item_id, location_id, lot_id)
     where coalesce(b.reserved, 0) <> coalesce(c.claimed, 0))
