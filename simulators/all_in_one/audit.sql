-- An auditor's questions to the server's database, asked from outside: they share no statement with the server.

-- :name baselines
-- How many counting and weighing signals have a committed running total.
select count(*) from signal_total

-- :name marks
-- Committed high-water mark of each agent's outbox.
select agent, outbox_epoch, through from source order by agent, outbox_epoch

-- :name signal_totals
-- Committed running total of every counting signal.
select e.path, s.name, t.total::bigint
from signal_total t join signal s on s.id = t.signal_id join equipment e on e.id = s.equipment_id
where s.role in ('good', 'scrap', 'produced')
order by 1, 2

-- :name pieces
-- Pieces booked by the machines per unit: on orders, and outside any. What people reclassified is counted back.
select e.path,
    coalesce(o.good, 0) + coalesce(o.reported, 0) + coalesce(h.good, 0) as good,
    coalesce(o.rejected, 0) - coalesce(o.reported, 0) + coalesce(h.scrap, 0) as scrap,
    coalesce(h.good, 0) + coalesce(h.scrap, 0) as no_order
from equipment e
left join (
    select w.equipment_id, sum(w.good) as good, sum(w.scrap + w.rework) as rejected, sum(coalesce(r.reported, 0)) as reported
    from work_order_operation w
    left join (
        select operation_id, sum(quantity) as reported from scrap_report where reversed_at is null group by operation_id
    ) r on r.operation_id = w.id
    group by w.equipment_id
) o on o.equipment_id = e.id
left join (
    select equipment_id, sum(good) as good, sum(scrap) as scrap from production_hour where operation_id = 0
    group by equipment_id
) h on h.equipment_id = e.id
where e.level = 'unit'
order by e.path

-- :name pieces_by_hour
-- The same from the roll-up by hour, which knows nothing of reclassified pieces.
select e.path, sum(h.good), sum(h.scrap)
from production_hour h join equipment e on e.id = h.equipment_id
group by e.path order by e.path

-- :name weighed
-- Kilograms per item that were weighed out: posted in the ledger, or waiting for stock.
select i.code,
    coalesce((select sum(m.quantity) from movement m where m.item_id = i.id and m.kind = 'weigh'
        and not exists (select 1 from movement r where r.reverses_id = m.id)), 0)
    + coalesce((select sum(s.remaining) from shortage s where s.item_id = i.id and s.kind = 'weigh'), 0)
from item i
where i.id in (select item_id from signal where role = 'consumed' and item_id is not null)
order by i.code

-- :name backflush
-- Backflushed quantity per order and component against the frozen standard for what was produced, where they differ.
select w.number, i.code, x.due, x.booked
from (
    select c.operation_id, c.item_id,
        round(o.produced * c.quantity * (100 + c.scrap_percent) / (c.base_quantity * 100), 6) as due,
        coalesce((select sum(m.quantity) from movement m
            where m.operation_id = c.operation_id and m.item_id = c.item_id and m.kind = 'backflush'), 0)
        + coalesce((select sum(s.remaining) from shortage s
            where s.operation_id = c.operation_id and s.item_id = c.item_id and s.kind = 'backflush'), 0) as booked
    from operation_component c join work_order_operation o on o.id = c.operation_id
    where not c.measured
) x
join work_order_operation o on o.id = x.operation_id
join work_order w on w.id = o.work_order_id
join item i on i.id = x.item_id
where x.due <> x.booked
order by 1, 2

-- :name stored
-- Facts in the event store.
select count(*) from event

-- :name duplicates
-- Facts that were stored more than once.
select coalesce(sum(times - 1), 0)
from (select count(*) as times from event group by source_id, seq having count(*) > 1) d

-- :name lost
-- Facts below the committed mark that are not in the event store.
select coalesce(sum(s.through - coalesce(e.held, 0)), 0)
from source s
left join (select source_id, count(distinct seq) as held from event group by source_id) e on e.source_id = s.id

-- :name step_mismatches
-- Signals whose steps do not add up to their committed running total.
select e.path, s.name, t.total, x.steps
from signal_total t
join signal s on s.id = t.signal_id
join equipment e on e.id = s.equipment_id
join (select signal_id, epoch, sum(step) as steps from event where kind in ('c', 'w') group by signal_id, epoch) x
    on x.signal_id = t.signal_id and x.epoch = t.epoch
where x.steps <> t.total

-- :name quarantined
-- Facts that were not booked.
select equipment, signal, quantity, reason from quarantined_fact order by id

-- :name ledger_imbalance
-- What does not cancel out: for each item and lot the balances of all places, real and virtual, must sum to zero.
select coalesce(sum(abs(total)), 0)
from (select sum(quantity) as total from balance group by item_id, lot_id) x

-- :name balance_mismatches
-- Balances that are not the sum of their postings, and those whose reserved part is not what is claimed.
with claimed as (
    select item_id, location_id, lot_id, sum(quantity) as quantity
    from (
        select item_id, location_id, lot_id, remaining as quantity from reservation where remaining > 0
        union all
        select p.item_id, k.location_id, k.lot_id, k.quantity
        from replenishment_pick k
        join replenishment_signal g on g.id = k.signal_id and g.state = 'picked'
        join replenishment_loop p on p.id = g.loop_id
        union all
        select item_id, transit_id, lot_id, quantity - received - turned_back from shipment where closed_at is null
    ) c
    group by item_id, location_id, lot_id
), posted as (
    select item_id, lot_id, place, sum(quantity) as quantity
    from (
        select item_id, lot_id, to_id as place, quantity from movement
        union all select item_id, lot_id, from_id, -quantity from movement
    ) p
    group by item_id, lot_id, place
)
select count(*) + (
    select count(*) from balance b full join claimed c using (item_id, location_id, lot_id)
    where coalesce(b.reserved, 0) <> coalesce(c.quantity, 0))
from posted p
full join balance b on b.item_id = p.item_id and b.lot_id = p.lot_id and b.location_id = p.place
where coalesce(p.quantity, 0) <> coalesce(b.quantity, 0)

-- :name loops
-- The rules of replenishment.
select l.item_id, l.location_id, l.source_id, l.reorder_point, l.order_quantity from replenishment_loop l order by l.id

-- :name postings
-- The ledger in the order it was written, with the transaction that wrote each row.
select id, coalesce('i' || ingest_id, 'c' || command_id, 'm' || id) as batch, kind, item_id, from_id, to_id, quantity
from movement order by id

-- :name raised
-- Calls that were raised.
select count(*) from replenishment_signal

-- :name open_twice
-- Loops with more than one open call.
select count(*) from (
    select loop_id from replenishment_signal where state in ('raised', 'accepted', 'picked')
    group by loop_id having count(*) > 1
) x
