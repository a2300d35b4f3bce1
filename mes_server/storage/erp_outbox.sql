-- :name lock_cursor
-- One at a time cuts documents.
select floor from erp_cursor where id = 1 for update

-- :name advance_floor
-- The mark follows once every transaction that was open when it was noted has ended; then the next one is noted.
update erp_cursor set floor = next_floor,
    next_floor = greatest(next_floor, coalesce((select max(id) from movement), 0)),
    next_xid = pg_snapshot_xmax(pg_current_snapshot())
where id = 1 and next_xid <= pg_snapshot_xmin(pg_current_snapshot())
    and not exists (
        select 1 from movement as m where m.id > erp_cursor.floor and m.id <= erp_cursor.next_floor
            and not exists (select 1 from erp_posting as p where p.movement_id = m.id))
returning floor

-- :name forget_postings
-- What lies below the mark needs no line of its own.
delete from erp_posting where movement_id <= %(floor)s

-- :name pending
-- Postings that stand in no document yet, oldest first, in words.
select m.id, m.kind, i.code as item, i.unit, t.code as lot, f.code as origin, f.kind as origin_kind, d.code as target,
    d.kind as target_kind, m.quantity, m.at, w.number as work_order, o.number as operation,
    e.path as equipment, p.badge as person
from movement as m
join item as i on i.id = m.item_id
join lot as t on t.id = m.lot_id
join location as f on f.id = m.from_id
join location as d on d.id = m.to_id
left join work_order_operation as o on o.id = m.operation_id
left join work_order as w on w.id = o.work_order_id
left join equipment as e on e.id = coalesce(m.equipment_id, o.equipment_id)
left join person as p on p.id = m.person_id
where m.id > %(floor)s and not exists (select 1 from erp_posting as done where done.movement_id = m.id)
order by m.id
limit %(limit)s

-- :name progress
-- How far operations are: cumulative figures beside what a document adds.
select w.number || '/' || o.number as key, jsonb_build_object('item', i.code, 'unit', i.unit,
    'target', amount(w.quantity), 'good', amount(o.good), 'scrap', amount(o.scrap), 'rework', amount(o.rework),
    'state', o.state, 'started_at', o.started_at, 'ended_at', o.ended_at, 'equipment', e.path) as progress
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
join item as i on i.id = w.item_id
join equipment as e on e.id = o.equipment_id
where w.number || '/' || o.number = any(%(keys)s)

-- :name site
-- The site's code.
select code from site

-- :name add
-- A document; its sequence.
insert into erp_document (id, kind, work_order, operation, created_at, since, until, postings, quantity, document)
values (%(id)s, %(kind)s, %(work_order)s, %(operation)s, %(now)s, %(since)s, %(until)s, %(postings)s, %(quantity)s,
    %(document)s)
returning sequence

-- :name mark_postings
-- These postings stand in a document now.
insert into erp_posting (movement_id, sequence) select unnest(%(movements)s::bigint[]), %(sequence)s

-- :name find
-- Documents after a sequence, in their order.
select sequence, id::text as id, kind, work_order, operation, created_at, since, until, postings, quantity, document,
    acknowledged_at
from erp_document
where sequence > %(after)s and (%(id)s::uuid is null or id = %(id)s) and (%(kind)s::text is null or kind = %(kind)s)
    and (%(order)s::text is null or work_order = %(order)s)
    and (%(acknowledged)s::boolean is null or (acknowledged_at is not null) = %(acknowledged)s)
order by sequence
limit %(limit)s

-- :name acknowledge
-- The ERP system has everything up to a sequence.
update erp_document set acknowledged_at = %(now)s where sequence <= %(through)s and acknowledged_at is null

-- :name totals
-- All documents together.
select count(*) as documents, coalesce(sum(postings), 0)::bigint as postings,
    coalesce(sum(quantity), 0) as quantity, coalesce(max(sequence), 0) as last_sequence,
    count(*) filter (where acknowledged_at is not null) as acknowledged
from erp_document
