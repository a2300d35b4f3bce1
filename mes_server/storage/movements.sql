-- :name find
-- Rows of the ledger in words, oldest first.
select m.id, m.kind, item.code as item, lot.code as lot, origin.code as from_location, target.code as to_location,
    m.quantity, item.unit, m.at, m.booked_at, w.number as order, unit.path as equipment, person.name as person,
    m.reason, m.reverses_id as reverses, m.ingest_id, m.command_id::text as command_id
from movement as m
join item on item.id = m.item_id
join lot on lot.id = m.lot_id
join location as origin on origin.id = m.from_id
join location as target on target.id = m.to_id
left join work_order_operation as o on o.id = m.operation_id
left join work_order as w on w.id = o.work_order_id
left join equipment as unit on unit.id = m.equipment_id
left join person on person.id = m.person_id
where m.id > %(after)s
    and (%(id)s::bigint is null or m.id = %(id)s)
    and (%(ids)s::bigint[] is null or m.id = any (%(ids)s))
    and (%(item)s::text is null or item.code = %(item)s)
    and (%(lot)s::text is null or lot.code = %(lot)s)
    and (%(order)s::text is null or w.number = %(order)s)
    and (%(location)s::text is null or origin.code = %(location)s or target.code = %(location)s)
order by m.id
limit %(limit)s
