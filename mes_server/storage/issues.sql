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

-- :name net_issued
-- What an operation has taken of a lot, less what came back or was reversed.
select coalesce(sum(case when target.kind = 'consumption' then m.quantity else -m.quantity end), 0)
from movement as m
join location as origin on origin.id = m.from_id
join location as target on target.id = m.to_id
where m.operation_id = %(operation_id)s and m.item_id = %(item_id)s and m.lot_id = %(lot_id)s
    and 'consumption' in (origin.kind, target.kind)
