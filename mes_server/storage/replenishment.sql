-- :name places_of
-- Where a signal brings an item to and takes it from; neither changes.
select loop.item_id, loop.location_id, loop.source_id
from replenishment_signal as signal
join replenishment_loop as loop on loop.id = signal.loop_id
where signal.id = %(signal_id)s

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
insert into replenishment_pick (signal_id, lot_id, quantity)
select %(signal_id)s, lot_id, quantity
from unnest(%(lots)s::integer[], %(quantities)s::numeric[]) as given (lot_id, quantity)

-- :name picks
-- Lots taken for a signal.
select lot_id, quantity from replenishment_pick where signal_id = %(signal_id)s order by lot_id

-- :name find
-- Signals by state, newest first.
select id from replenishment_signal
where (%(states)s::text[] is null or state = any (%(states)s)) and (%(before)s::integer is null or id < %(before)s)
order by id desc
limit %(limit)s
