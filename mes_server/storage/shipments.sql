-- :name add
-- Stock that leaves for another place.
insert into shipment (item_id, lot_id, from_id, transit_id, to_id, quantity, sent_at, sent_by)
values (%(item_id)s, %(lot_id)s, %(from_id)s, %(transit_id)s, %(to_id)s, %(quantity)s, %(at)s, %(person_id)s)
returning id

-- :name lock
-- A shipment, locked.
select id, item_id, lot_id, from_id, transit_id, to_id, quantity, received, turned_back
from shipment where id = %(id)s for update

-- :name advance
-- So much more has arrived, or come back; closed when nothing is open.
update shipment
set received = received + %(received)s, turned_back = turned_back + %(turned_back)s,
    closed_at = case when received + turned_back + %(received)s + %(turned_back)s = quantity then %(at)s::timestamptz end
where id = %(id)s

-- :name find
-- Shipments in words, oldest first.
select s.id, item.code as item, item.name as item_name, item.unit, lot.code as lot, origin.code as from_location,
    transit.code as transit_location, target.code as to_location, s.quantity, s.received, s.turned_back,
    s.quantity - s.received - s.turned_back as open, s.sent_at, person.name as sent_by, s.closed_at
from shipment as s
join item on item.id = s.item_id
join lot on lot.id = s.lot_id
join location as origin on origin.id = s.from_id
join location as transit on transit.id = s.transit_id
join location as target on target.id = s.to_id
left join person on person.id = s.sent_by
where s.id > %(after)s
    and (%(id)s::integer is null or s.id = %(id)s)
    and (not %(open)s or s.closed_at is null)
    and (%(location)s::text is null or %(location)s in (origin.code, target.code))
order by s.id
limit %(limit)s
