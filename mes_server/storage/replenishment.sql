-- :name places_of
-- Where a signal brings an item to and takes it from, and where lots were picked for it.
select loop.item_id, place.id
from replenishment_signal as signal
join replenishment_loop as loop on loop.id = signal.loop_id
cross join lateral (
    select loop.location_id as id
    union select loop.source_id
    union select pick.location_id from replenishment_pick as pick where pick.signal_id = signal.id) as place
where signal.id = %(signal_id)s

-- :name drawn_from
-- Where lots lie that could be picked for a signal: the named ones, or those that are free, first expired first.
select distinct found.item_id, found.location_id
from (
    select loop.item_id, balance.location_id
    from replenishment_signal as signal
    join replenishment_loop as loop on loop.id = signal.loop_id
    cross join lateral draws_from(loop.item_id, loop.source_id, loop.location_id) as inside
    join balance on balance.item_id = loop.item_id and balance.location_id = inside.place and balance.open
    join lot on lot.id = balance.lot_id
    where signal.id = %(signal_id)s and case when %(lots)s::text[] is null
        then lot.status = 'available' and balance.quantity > balance.reserved else lot.code = any (%(lots)s) end
    order by lot.expires_on nulls last, lot.received_at, lot.id
    limit 500) as found

-- :name lock_signal
-- A signal and its loop, locked until the transaction ends, after the say about its places.
select signal.id, signal.state, signal.quantity, loop.item_id, item.code as item, loop.location_id, loop.source_id,
    source.name as source_name
from replenishment_signal as signal
join replenishment_loop as loop on loop.id = signal.loop_id
join item on item.id = loop.item_id
join location as source on source.id = loop.source_id
where signal.id = %(signal_id)s
for update of signal

-- :name set_state
-- The signal's new state, and who took the step when.
update replenishment_signal
set state = %(state)s,
    accepted_at = case when %(state)s = 'accepted' or (%(state)s = 'picked' and accepted_at is null)
        then %(at)s else accepted_at end,
    accepted_by = case when %(state)s = 'accepted' or (%(state)s = 'picked' and accepted_at is null)
        then %(person_id)s else accepted_by end,
    picked_at = case when %(state)s = 'picked' then %(at)s else picked_at end,
    picked_by = case when %(state)s = 'picked' then %(person_id)s else picked_by end,
    delivered_at = case when %(state)s = 'delivered' then %(at)s else delivered_at end,
    delivered_by = case when %(state)s = 'delivered' then %(person_id)s else delivered_by end,
    delivered_quantity = delivered_quantity + %(delivered)s
where id = %(signal_id)s

-- :name add_picks
-- What was taken for a signal.
insert into replenishment_pick (signal_id, location_id, lot_id, quantity)
select %(signal_id)s, location_id, lot_id, quantity
from unnest(%(places)s::integer[], %(lots)s::integer[], %(quantities)s::numeric[]) as given (location_id, lot_id, quantity)

-- :name picks
-- Lots taken for a signal, and where they lie.
select lot.item_id, pick.location_id, pick.lot_id, pick.quantity, item.code as item, lot.code as lot,
    lot.status = 'held' as held, lot.expires_on, lot.received_at
from replenishment_pick as pick
join lot on lot.id = pick.lot_id
join item on item.id = lot.item_id
where pick.signal_id = %(signal_id)s
order by pick.location_id, pick.lot_id

-- :name find
-- Signals by state, newest first.
select id from replenishment_signal
where (%(states)s::text[] is null or state = any (%(states)s)) and (%(before)s::integer is null or id < %(before)s)
order by id desc
limit %(limit)s
