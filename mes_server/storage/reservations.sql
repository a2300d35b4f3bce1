-- :name add
-- A new reservation; the trigger raises balance.reserved with it, which the check of balance may refuse.
insert into reservation (operation_id, item_id, location_id, lot_id, hard, quantity, remaining, at, person_id, command_id)
values (%(operation_id)s, %(item_id)s, %(location_id)s, %(lot_id)s, %(hard)s, %(quantity)s, %(quantity)s, %(at)s,
    %(person_id)s, %(command_id)s)
returning id

-- :name claims_at
-- What is claimed of an item at a place, oldest first.
select r.id, r.operation_id, w.number, lot.code as lot, r.remaining, r.hard
from reservation as r
join lot on lot.id = r.lot_id
join work_order_operation as o on o.id = r.operation_id
join work_order as w on w.id = o.work_order_id
where r.item_id = %(item_id)s and r.location_id = %(location_id)s and r.remaining > 0
order by r.id

-- :name take
-- An operation uses up what it has claimed of a lot at a place, hard claims first, at most so much.
with claim as (
    select id, remaining, sum(remaining) over (order by hard desc, id) as upto
    from reservation
    where operation_id = %(operation_id)s and item_id = %(item_id)s and location_id = %(location_id)s
        and lot_id = %(lot_id)s and remaining > 0
)
update reservation as r
set remaining = r.remaining - least(claim.remaining, %(quantity)s - (claim.upto - claim.remaining)),
    ended_at = case when claim.upto <= %(quantity)s then %(at)s::timestamptz end
from claim
where r.id = claim.id and claim.upto - claim.remaining < %(quantity)s

-- :name reduce
-- So much less is claimed.
update reservation
set remaining = remaining - %(quantity)s,
    ended_at = case when remaining = %(quantity)s then %(at)s::timestamptz end
where id = %(id)s and remaining >= %(quantity)s

-- :name move_claim
-- So much of a claim is for another lot from now on.
insert into reservation (operation_id, item_id, location_id, lot_id, hard, quantity, remaining, at, person_id, command_id)
select operation_id, item_id, location_id, %(lot_id)s, hard, %(quantity)s, %(quantity)s, at, person_id, command_id
from reservation where id = %(id)s

-- :name find
-- Reservations in words, oldest first.
select r.id, w.number as order, o.number as operation, item.code as item, item.name as item_name, item.unit,
    location.code as location, location.name as location_name, lot.code as lot, r.hard, r.quantity, r.remaining, r.at,
    r.ended_at, person.name as person
from reservation as r
join item on item.id = r.item_id
join location on location.id = r.location_id
join lot on lot.id = r.lot_id
join work_order_operation as o on o.id = r.operation_id
join work_order as w on w.id = o.work_order_id
left join person on person.id = r.person_id
where r.id > %(after)s
    and (%(ids)s::integer[] is null or r.id = any (%(ids)s))
    and (%(order)s::text is null or w.number = %(order)s)
    and (%(item)s::text is null or item.code = %(item)s)
    and (%(location)s::text is null or location.code = %(location)s)
    and (not %(open)s or r.remaining > 0)
order by r.id
limit %(limit)s

-- :name place_of
-- The operation, item and place of a reservation; none of them ever changes.
select operation_id, item_id, location_id, lot_id, remaining from reservation where id = %(id)s

-- :name places_of_operation
-- Where an operation has claimed something.
select distinct item_id, location_id from reservation where operation_id = %(operation_id)s and remaining > 0

-- :name held
-- What operations have claimed of items at places, all lots together.
select r.operation_id, r.item_id, item.code as item, r.location_id, sum(r.remaining) as remaining
from reservation as r join item on item.id = r.item_id
where r.operation_id = any (%(operations)s) and r.remaining > 0
group by r.operation_id, r.item_id, item.code, r.location_id
order by r.operation_id, r.item_id, r.location_id

-- :name release_all
-- An operation claims nothing of an item at a place any more.
update reservation set remaining = 0, ended_at = %(at)s
where operation_id = %(operation_id)s and item_id = %(item_id)s and location_id = %(location_id)s and remaining > 0
