-- :name send
-- So many more pieces of an operation are outside.
update work_order_operation set sent_out = sent_out + %(sent)s, version = version + 1 where id = %(operation_id)s

-- :name add
-- What left or came back.
insert into outside_shipment (operation_id, sent, good, scrap, note, at, person_id, command_id)
values (%(operation_id)s, %(sent)s, %(good)s, %(scrap)s, %(note)s, %(at)s, %(person_id)s, %(command_id)s)

-- :name find
-- What left and came back for an order, newest first.
select s.id, w.number, o.number as operation, unit.path as equipment, unit.name as equipment_name, s.sent, s.good, s.scrap,
    s.note, s.at, person.name as person
from outside_shipment as s
join work_order_operation as o on o.id = s.operation_id
join work_order as w on w.id = o.work_order_id
join equipment as unit on unit.id = o.equipment_id
left join person on person.id = s.person_id
where w.number = %(number)s and (%(before)s::integer is null or s.id < %(before)s)
order by s.id desc
limit %(limit)s

-- :name provided
-- What goes with so many pieces of an operation, and the lots at a place to take it from, first expired first out.
select c.item_id, item.code as item, c.location_id, c.quantity, c.base_quantity, c.scrap_percent
from operation_component as c join item on item.id = c.item_id
where c.operation_id = %(operation_id)s
order by c.item_id

-- :name lots_to_take
-- Lots of an item at a place that may be used: what the operation has claimed first, then first expired first out, with what
-- of each is free for it.
select b.lot_id, b.quantity - b.reserved + own.claimed as free
from balance as b
join lot as t on t.id = b.lot_id
cross join lateral (
    select coalesce(sum(r.remaining), 0) as claimed from reservation as r
    where r.operation_id = %(operation_id)s and r.item_id = b.item_id and r.location_id = b.location_id
        and r.lot_id = b.lot_id and r.remaining > 0) as own
where b.item_id = %(item_id)s and b.location_id = %(location_id)s and b.open and t.status = 'available'
    and (t.expires_on is null or t.expires_on >= %(today)s) and b.quantity - b.reserved + own.claimed > 0
order by own.claimed = 0, t.expires_on nulls last, t.received_at, t.id
