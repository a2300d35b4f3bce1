-- :name known
-- Which of these numbers an item has already.
select code from serial where item_id = %(item_id)s and code = any (%(codes)s)

-- :name numbered
-- How many pieces of a lot at a place have numbers.
select count(*) from serial
where item_id = %(item_id)s and lot_id = %(lot_id)s and location_id = %(location_id)s and state = 'in_stock'

-- :name built_in
-- How many pieces of a lot an operation has built into others by their numbers.
select count(*) from serial
where item_id = %(item_id)s and lot_id = %(lot_id)s and state = 'consumed' and %(operation_id)s = (
    select e.operation_id from serial_event as e where e.serial_id = serial.id and e.kind = 'build'
    order by e.id desc limit 1)

-- :name register
-- Gives pieces their numbers.
with made as (
    insert into serial (item_id, code, lot_id, location_id, made_by, registered_at)
    select %(item_id)s, code, %(lot_id)s, %(location_id)s, %(operation_id)s, %(at)s
    from unnest(%(codes)s::text[]) as given (code)
    returning id
)
insert into serial_event (serial_id, kind, at, to_id, operation_id, person_id, command_id)
select id, 'register', %(at)s, %(location_id)s, %(operation_id)s, %(person_id)s, %(command_id)s from made

-- :name lock
-- Pieces by their numbers, locked.
select serial.id, serial.code, serial.item_id, serial.lot_id,
    (select lot.code from lot where lot.id = serial.lot_id) as lot, serial.location_id, serial.state, serial.made_by,
    serial.built_into
from serial
where serial.item_id = %(item_id)s and serial.code = any (%(codes)s)
order by serial.id
for update

-- :name move
-- Pieces lie elsewhere.
update serial set location_id = %(to_id)s where id = any (%(ids)s)

-- :name build
-- A piece is built into another one.
update serial set state = 'consumed', location_id = null, built_into = %(into_id)s where id = any (%(ids)s)

-- :name take_out
-- A piece is taken out of what it was built into.
update serial set state = 'in_stock', location_id = %(to_id)s, built_into = null where id = any (%(ids)s)

-- :name note
-- What happened to pieces.
insert into serial_event (serial_id, kind, at, from_id, to_id, into_id, operation_id, movement_id, person_id, command_id)
select id, %(kind)s, %(at)s, %(from_id)s, %(to_id)s, %(into_id)s, %(operation_id)s, %(movement_id)s, %(person_id)s,
    %(command_id)s
from unnest(%(ids)s::integer[]) as given (id)

-- :name of_movement
-- Whether numbered pieces went with a movement.
select exists (select 1 from serial_event where movement_id = %(movement_id)s)

-- :name inside
-- All pieces that are built into a piece, on any level.
with recursive inside as (
    select id from serial where built_into = %(id)s
    union
    select serial.id from inside join serial on serial.built_into = inside.id
)
select id from inside limit 2000

-- :name find
-- Pieces in words, in order of their id.
select s.id, item.code as item, item.name as item_name, s.code as serial, lot.code as lot, s.state,
    location.code as location, w.number as made_by, parent_item.code as built_into_item, parent.code as built_into,
    s.registered_at
from serial as s
join item on item.id = s.item_id
join lot on lot.id = s.lot_id
left join location on location.id = s.location_id
left join work_order_operation as o on o.id = s.made_by
left join work_order as w on w.id = o.work_order_id
left join serial as parent on parent.id = s.built_into
left join item as parent_item on parent_item.id = parent.item_id
where s.id > %(after)s
    and (%(ids)s::integer[] is null or s.id = any (%(ids)s))
    and (%(item)s::text is null or item.code = %(item)s)
    and (%(serial)s::text is null or s.code = %(serial)s)
    and (%(lot)s::text is null or lot.code = %(lot)s)
    and (%(location)s::text is null or location.code = %(location)s)
    and (%(state)s::text is null or s.state = %(state)s)
order by s.id
limit %(limit)s

-- :name history
-- What happened to a piece, oldest first.
select e.kind, e.at, origin.code as from_location, target.code as to_location, into_item.code as into_item,
    piece.code as into_serial, w.number as order, e.movement_id as movement, person.name as person
from serial_event as e
left join location as origin on origin.id = e.from_id
left join location as target on target.id = e.to_id
left join serial as piece on piece.id = e.into_id
left join item as into_item on into_item.id = piece.item_id
left join work_order_operation as o on o.id = e.operation_id
left join work_order as w on w.id = o.work_order_id
left join person on person.id = e.person_id
where e.serial_id = %(id)s
order by e.id
limit 500
