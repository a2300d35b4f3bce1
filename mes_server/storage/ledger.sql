-- :name ensure_balances
-- Makes the balance rows that a booking will touch and that are not there yet, in lock order.
insert into balance (item_id, location_id, lot_id, quantity, physical, open)
select given.item_id, given.location_id, given.lot_id, 0, location.physical, false
from unnest(%(items)s::integer[], %(locations)s::integer[], %(lots)s::integer[])
    as given (item_id, location_id, lot_id)
join location on location.id = given.location_id
order by given.item_id, given.location_id, given.lot_id
on conflict do nothing

-- :name lock_balances
-- Locks the balances of a booking in the one order that everybody uses, and says what is there.
select balance.item_id, balance.location_id, balance.lot_id, balance.quantity, balance.reserved, balance.physical,
    item.code as item, lot.code as lot, location.name as place
from balance
join item on item.id = balance.item_id
join lot on lot.id = balance.lot_id
join location on location.id = balance.location_id
where (balance.item_id, balance.location_id, balance.lot_id) in (
    select * from unnest(%(items)s::integer[], %(locations)s::integer[], %(lots)s::integer[]))
order by balance.item_id, balance.location_id, balance.lot_id
for update of balance

-- :name change_balances
-- Adds what came in and takes off what went out, and moves reservations, of balances that are locked.
update balance
set quantity = balance.quantity + given.delta,
    reserved = balance.reserved + given.reserve,
    open = balance.quantity + given.delta <> 0
from unnest(%(items)s::integer[], %(locations)s::integer[], %(lots)s::integer[], %(deltas)s::numeric[],
    %(reserves)s::numeric[]) as given (item_id, location_id, lot_id, delta, reserve)
where balance.item_id = given.item_id
    and balance.location_id = given.location_id
    and balance.lot_id = given.lot_id

-- :name insert_movements
-- Appends rows to the ledger, in the order given.
insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at, operation_id, equipment_id,
    command_id, person_id, reason, reverses_id, ingest_id)
select kind, item_id, lot_id, from_id, to_id, quantity, at, %(booked_at)s, operation_id, equipment_id,
    %(command_id)s, %(person_id)s, reason, reverses_id, ingest_id
from jsonb_to_recordset(%(rows)s) as given (nr integer, kind text, item_id integer, lot_id integer, from_id integer,
    to_id integer, quantity numeric, at timestamptz, operation_id integer, equipment_id integer, reason text,
    reverses_id bigint, ingest_id bigint)
order by nr
returning id

-- :name settle_containers
-- Writes down what contents of lots at places are now, before the stock there changes: what was used came out of them.
update container_content as x
set quantity = s.quantity
from (
    -- only these lots, before their contents are told
    select * from container_stock
    where item_id = any (%(items)s::integer[]) and lot_id = any (%(lots)s::integer[])) as s
where s.container_id = x.container_id and s.item_id = x.item_id and s.lot_id = x.lot_id and s.quantity <> x.quantity
    and (s.item_id, s.location_id, s.lot_id) in (
        select * from unnest(%(items)s::integer[], %(locations)s::integer[], %(lots)s::integer[]))

-- :name numbered_there
-- How many pieces of lots at places have serial numbers.
select serial.item_id, serial.location_id, serial.lot_id, count(*) as numbered
from serial
where state = 'in_stock' and (serial.item_id, serial.location_id, serial.lot_id) in (
    select * from unnest(%(items)s::integer[], %(locations)s::integer[], %(lots)s::integer[]))
group by serial.item_id, serial.location_id, serial.lot_id
