-- The feed: which cards changed, and the cards themselves.

-- :name emit
-- Names the cards that this transaction changed.
insert into feed_event (topic, ref, ref2, at)
select topic, ref, ref2, %(now)s from unnest(%(topics)s::text[], %(refs)s::int[], %(refs2)s::int[]) as t (topic, ref, ref2)

-- :name read
-- Changes after a position, of finished transactions only, oldest first.
select xid::text, position, topic, ref, ref2, at
from feed_event
where (xid, position) > (%(xid)s::xid8, %(position)s::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
order by feed_event.xid, position -- the column itself: as text, 1000 comes before 999
limit %(limit)s

-- :name head
-- The position up to which everything is finished: a snapshot read after it misses nothing.
select coalesce((
    select xid::text || '-' || position from feed_event
    where xid < pg_snapshot_xmin(pg_current_snapshot())
    order by xid desc, position desc limit 1), '0-0')

-- :name oldest
-- The first change that is still kept.
select xid::text, position from feed_event order by feed_event.xid, position limit 1

-- :name ahead
-- The first transaction that has not begun yet: no change can be from it or later.
select pg_snapshot_xmax(pg_current_snapshot())::text

-- :name trim
-- Forgets old changes; a reader that slept longer takes a new snapshot.
delete from feed_event where at < %(before)s

-- :name unit_cards
-- Cards of units.
select ref, ref2, card from unit_cards(%(refs)s, %(now)s)

-- :name order_cards
-- Cards of operations.
select ref, ref2, card from order_cards(%(refs)s, %(now)s)

-- :name stock_cards
-- Cards of items at places.
select ref, ref2, card from stock_cards(%(refs)s, %(refs2)s, %(now)s)

-- :name signal_cards
-- Cards of replenishment signals.
select ref, ref2, card from signal_cards(%(refs)s, %(now)s)

-- :name states_cards
-- The open state of units.
select ref, ref2, card from states_cards(%(refs)s, %(now)s)

-- :name everything_live
-- The ids of all that a snapshot shows; units in the order in which the plant file named them,
-- which is the way of the material.
select
    (select coalesce(array_agg(id order by id), '{}') from equipment where level = 'unit'),
    (select coalesce(array_agg(id order by id), '{}') from work_order_operation where state not in ('closed', 'aborted')),
    (select coalesce(array_agg(item_id order by item_id, location_id), '{}') from live_place),
    (select coalesce(array_agg(location_id order by item_id, location_id), '{}') from live_place),
    (select coalesce(array_agg(id order by id), '{}') from replenishment_signal
     where state in ('raised', 'accepted', 'picked')
        or (state in ('delivered', 'closed') and delivered_at > %(now)s::timestamptz - interval '1 hour'))

-- :name state_strips
-- The last eight hours of every unit's states, each cut at the beginning of the window.
select e.path, coalesce(jsonb_agg(jsonb_build_object('state', c.state, 'detail', c.detail,
        'start', greatest(c.at, %(now)s::timestamptz - interval '8 hours'), 'end', c.ended) order by c.at)
    filter (where c.state is not null), '[]')
from equipment e
left join lateral (
    select s.state, s.detail, s.at, lead(s.at) over (order by s.at) as ended
    from state_change s
    where s.equipment_id = e.id and s.at >= coalesce((
        select max(b.at) from state_change b
        where b.equipment_id = e.id and b.at <= %(now)s::timestamptz - interval '8 hours'), '-infinity')
) c on true
where e.level = 'unit'
group by e.path

-- :name site
-- The site's own words.
select code, name, time_zone from site
