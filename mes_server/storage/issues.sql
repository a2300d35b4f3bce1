-- :name component
-- Where an operation takes an item from by its frozen bill.
select component.location_id from operation_component as component
where component.operation_id = %(operation_id)s and component.item_id = %(item_id)s

-- :name only_lot
-- The one lot that an operation takes an item from: the pieces that its order reworks, released or not yet.
select lot.code
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
left join operation_component as component on component.operation_id = o.id and component.item_id = %(item_id)s
left join work_order_link as k on k.child_id = w.id and k.kind = 'rework' and w.item_id = %(item_id)s
left join work_order_operation as source on source.work_order_id = k.parent_id and source.yields
join lot on lot.id = coalesce(component.lot_id, source.output_lot_id)
where o.id = %(operation_id)s
limit 1

-- :name needed
-- Items of an operation's frozen bill.
select item.code from operation_component as component join item on item.id = component.item_id
where component.operation_id = %(operation_id)s order by item.code

-- :name absorb
-- Backflush that still waits for stock is what a person issues now: oldest first, at most so much. Gives what was taken off.
with waiting as (
    select id, remaining, sum(remaining) over (order by since, id) as upto
    from shortage
    where operation_id = %(operation_id)s and item_id = %(item_id)s and kind = 'backflush' and settled_at is null
), taken as (
    select id, least(remaining, %(quantity)s - (upto - remaining)) as quantity
    from waiting where upto - remaining < %(quantity)s
), settled as (
    update shortage set remaining = shortage.remaining - taken.quantity,
        settled_at = case when shortage.remaining = taken.quantity then %(at)s::timestamptz end
    from taken where shortage.id = taken.id
)
select coalesce(sum(quantity), 0) from taken

-- :name add_issued
-- So much more (less, when negative) of a component is issued, in use or not; backflush books only what is beyond it.
with past as (
    update operation_component_past set issued = issued + %(quantity)s
    where operation_id = %(operation_id)s and item_id = %(item_id)s
)
update operation_component set issued = issued + %(quantity)s
where operation_id = %(operation_id)s and item_id = %(item_id)s

-- :name add_issued_then
-- So much more (less, when negative) is issued of components as they were stated at an earlier time, in use or not: where it
-- was measured then, that settles it (as with late facts, `statements.sql`).
with given as (
    select g.item_id, g.changed_at, g.quantity, coalesce((
        select bool_or(s.measured) from component_statement s
        where s.operation_id = %(operation_id)s and s.item_id = g.item_id and s.until_at >= g.changed_at
            and (s.from_at is null or s.from_at < g.changed_at)), false) as measured
    from unnest(%(items)s::int[], %(quantities)s::numeric[], %(changes)s::timestamptz[])
        as g (item_id, quantity, changed_at)
), past as (
    update operation_component_past c set issued = c.issued + g.quantity, settled = c.settled + g.measured
    from (
        select item_id, sum(quantity) as quantity, coalesce(sum(quantity) filter (where measured), 0) as measured
        from given group by item_id) g
    where c.operation_id = %(operation_id)s and c.item_id = g.item_id
)
update operation_component c
set issued = c.issued + g.quantity, issued_from = c.issued_from + g.earlier, settled = c.settled + g.measured
from (
    select x.item_id, sum(x.quantity) as quantity,
        coalesce(sum(x.quantity) filter (where p.stated_at >= x.changed_at), 0) as earlier,
        coalesce(sum(x.quantity) filter (where p.stated_at >= x.changed_at and x.measured), 0) as measured
    from given x
    join operation_component p on p.operation_id = %(operation_id)s and p.item_id = x.item_id
    group by x.item_id
) g
where c.operation_id = %(operation_id)s and c.item_id = g.item_id

-- :name changed_after
-- When components of an operation changed next after a time.
select changed_after(%(operation_id)s, %(at)s)

-- :name net_issued
-- What an operation has taken of a lot, less what came back or was reversed.
select coalesce(sum(case when target.kind = 'consumption' then m.quantity else -m.quantity end), 0)
from movement as m
join location as origin on origin.id = m.from_id
join location as target on target.id = m.to_id
where m.operation_id = %(operation_id)s and m.item_id = %(item_id)s and m.lot_id = %(lot_id)s
    and 'consumption' in (origin.kind, target.kind)
