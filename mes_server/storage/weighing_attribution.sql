-- Weighings without an order, given to one: what they consumed is told anew for the order, out of the same lots.

-- :name places
-- Every item and place that giving the operation counts and weighings of its unit can touch, its accounts too.
select c.item_id, c.location_id from operation_component c where c.operation_id = %(operation_id)s
union
select w.item_id, e.output_id
from work_order_operation o
join work_order w on w.id = o.work_order_id
join equipment e on e.id = o.equipment_id
where o.id = %(operation_id)s and e.output_id is not null
union
select x.item_id, x.location_id from operation_output x where x.operation_id = %(operation_id)s
union
select s.item_id, s.location_id from component_statement s where s.operation_id = %(operation_id)s
union
select x.item_id, unit.line_side_id
from (
    select item_id from operation_component where operation_id = %(operation_id)s and substitute_for is not null
    union
    select item_id from component_statement where operation_id = %(operation_id)s and substitute_for is not null
) x
join equipment unit on unit.id = %(equipment_id)s and unit.line_side_id is not null
union
select signal.item_id, place.id
from signal
join equipment unit on unit.id = signal.equipment_id
join location place on place.id = unit.line_side_id or place.code = 'CONSUMPTION'
where signal.equipment_id = %(equipment_id)s and signal.role = 'consumed' and signal.item_id is not null
union
select m.item_id, m.from_id
from movement m
where m.kind = 'weigh' and m.operation_id is null and m.equipment_id = %(equipment_id)s
union
select s.item_id, s.location_id
from shortage s
where s.kind = 'weigh' and s.operation_id is null and s.equipment_id = %(equipment_id)s and s.settled_at is null

-- :name take_weighings
-- The unit's weighings of that time without an order, as if the order had run then; what each batch weighed of an item, and
-- whether another one stood in its place then, which the scale weighed (as in `statements.sql`).
with taken as (
    update event set operation_id = %(operation_id)s
    from signal
    join equipment unit on unit.id = signal.equipment_id and unit.line_side_id is not null
    where signal.equipment_id = %(equipment_id)s and signal.role = 'consumed' and signal.item_id is not null
        and event.signal_id = signal.id and event.kind = 'w' and event.quality <> 'q' and event.operation_id is null
        and event.step > 0 and event.at >= %(since)s and (%(until)s::timestamptz is null or event.at < %(until)s)
    returning signal.item_id, event.ingest_id as batch, event.step, event.at,
        changed_after(%(operation_id)s, event.at) as changed_at
), used as (
    select substitute_for, stated_at as from_at, null::timestamptz as until_at
    from operation_component where operation_id = %(operation_id)s and substitute_for is not null
    union all
    select substitute_for, from_at, until_at
    from component_statement where operation_id = %(operation_id)s and substitute_for is not null
)
select t.item_id, t.batch, sum(t.step) as quantity, max(t.at) as last_at, t.changed_at, exists (
    select 1 from used where used.substitute_for = t.item_id
        and case when t.changed_at is null then used.until_at is null
            else (used.from_at is null or used.from_at < t.changed_at)
                and (used.until_at is null or used.until_at >= t.changed_at) end) as replaced
from taken as t
group by t.item_id, t.batch, t.changed_at
order by t.batch, t.item_id, t.changed_at

-- :name loose_postings
-- What the unit consumed of these items without an order, as it is posted and not reversed.
select m.id, m.item_id, m.ingest_id as batch, m.quantity, m.lot_id, m.from_id, m.to_id, m.at
from movement m
where m.kind = 'weigh' and m.operation_id is null and m.equipment_id = %(equipment_id)s and m.item_id = any(%(items)s)
    and not exists (select 1 from movement r where r.reverses_id = m.id)
order by m.id

-- :name loose_waiting
-- What of it found no stock and waits; locked by the say about the place.
select s.item_id, sum(s.remaining) as remaining
from shortage s
where s.kind = 'weigh' and s.operation_id is null and s.equipment_id = %(equipment_id)s and s.item_id = any(%(items)s)
    and s.settled_at is null
group by s.item_id

-- :name wait_no_more
-- Consumption that waits is none: another item was used.
with loose as materialized (
    select s.id, least(s.remaining, greatest(g.quantity - (
        sum(s.remaining) over (partition by s.item_id order by s.since, s.id) - s.remaining), 0)) as given
    from shortage s
    join unnest(%(items)s::int[], %(quantities)s::numeric[]) as g (item_id, quantity) on g.item_id = s.item_id
    where s.kind = 'weigh' and s.operation_id is null and s.equipment_id = %(equipment_id)s and s.settled_at is null
)
update shortage s
set quantity = case when s.quantity > l.given then s.quantity - l.given else s.quantity end,
    remaining = s.remaining - l.given,
    settled_at = case when s.remaining = l.given then %(now)s::timestamptz end
from loose l where s.id = l.id and l.given > 0

-- :name weighed_instead
-- What was weighed of the items that stood in others' place is staged like late facts, which find what was used then.
insert into tally (equipment_id, operation_id, item_id, minute, good, scrap, used, last_at, changed_at)
select %(equipment_id)s, %(operation_id)s, x.item_id, date_trunc('minute', x.last_at), 0, 0, x.quantity, x.last_at, x.changed_at
from unnest(%(items)s::int[], %(quantities)s::numeric[], %(lasts)s::timestamptz[], %(changes)s::timestamptz[])
    as x (item_id, quantity, last_at, changed_at)

-- :name wait_for_order
-- Consumption that waits becomes the order's: it joins what the order waits for, or waits as the order's own from now on.
with loose as materialized (
    select s.*, least(s.remaining, greatest(g.quantity - (
        sum(s.remaining) over (partition by s.item_id order by s.since, s.id) - s.remaining), 0)) as given
    from shortage s
    join unnest(%(items)s::int[], %(quantities)s::numeric[]) as g (item_id, quantity) on g.item_id = s.item_id
    where s.kind = 'weigh' and s.operation_id is null and s.equipment_id = %(equipment_id)s and s.settled_at is null
), left_over as (
    update shortage s
    set quantity = case when s.quantity > l.given then s.quantity - l.given else s.quantity end,
        remaining = s.remaining - l.given,
        settled_at = case when s.remaining = l.given then %(now)s::timestamptz end
    from loose l where s.id = l.id and l.given > 0
), joined as (
    update shortage s
    set quantity = s.quantity + x.given, remaining = s.remaining + x.given, since = least(s.since, x.since)
    from (
        select item_id, location_id, sum(given) as given, min(since) as since from loose where given > 0 group by 1, 2
    ) x
    where s.kind = 'weigh' and s.operation_id = %(operation_id)s and s.equipment_id = %(equipment_id)s
        and s.settled_at is null and s.lot_id is null and s.item_id = x.item_id and s.location_id = x.location_id
    returning s.item_id, s.location_id
)
insert into shortage (kind, operation_id, equipment_id, item_id, location_id, to_id, quantity, remaining, since, ingest_id)
select 'weigh', %(operation_id)s, l.equipment_id, l.item_id, l.location_id, l.to_id, sum(l.given), sum(l.given),
    min(l.since), min(l.ingest_id)
from loose l
where l.given > 0
    and not exists (select 1 from joined j where j.item_id = l.item_id and j.location_id = l.location_id)
group by l.equipment_id, l.item_id, l.location_id, l.to_id

-- :name no_order_weighings
-- What units consumed by weight outside any order, posting by posting, newest first.
select m.id, unit.path as equipment, unit.name as equipment_name, item.code as item, item.name as item_name, item.unit,
    lot.code as lot, place.code as location, m.quantity, m.at
from movement m
join equipment unit on unit.id = m.equipment_id
join item on item.id = m.item_id
join lot on lot.id = m.lot_id
join location place on place.id = m.from_id
where m.kind = 'weigh' and m.operation_id is null
    and not exists (select 1 from movement r where r.reverses_id = m.id)
    and (%(equipment)s::text is null or unit.path = %(equipment)s)
    and (%(item)s::text is null or item.code = %(item)s)
    and (%(before)s::bigint is null or m.id < %(before)s)
order by m.id desc
limit %(limit)s
