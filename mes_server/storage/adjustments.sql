-- :name limit
-- What a manual adjustment may be worth without another person.
select adjustment_limit from material_rule

-- :name set_limit
-- What a manual adjustment may be worth from now on without another person.
update material_rule set adjustment_limit = %(limit)s

-- :name unit_cost
-- What one stock unit of an item is worth.
select standard_cost from item where id = %(item_id)s

-- :name add
-- An adjustment that somebody asked for.
insert into stock_adjustment (item_id, lot_id, location_id, quantity, value, reason, state, asked_at, asked_by, command_id,
    movement_id)
values (%(item_id)s, %(lot_id)s, %(location_id)s, %(quantity)s, %(value)s, %(reason)s, %(state)s, %(at)s, %(person_id)s,
    %(command_id)s, %(movement_id)s)
returning id

-- :name lock_waiting
-- An adjustment that waits, or does not any more, locked.
select a.id, a.item_id, item.code as item, a.lot_id, a.location_id, a.quantity, a.reason, a.state, a.asked_by,
    person.name as asker
from stock_adjustment as a
join item on item.id = a.item_id
left join person on person.id = a.asked_by
where a.id = %(id)s
for update of a

-- :name decide
-- What another person decided.
update stock_adjustment
set state = %(state)s, decided_at = %(at)s, decided_by = %(person_id)s, decision = %(decision)s,
    movement_id = %(movement_id)s
where id = %(id)s

-- :name find
-- Adjustments in words, oldest first.
select a.id, item.code as item, item.name as item_name, item.unit, lot.code as lot, location.code as location, a.quantity,
    a.value, a.reason, a.state, a.asked_at, asker.name as asked_by, a.decided_at, decider.name as decided_by, a.decision,
    a.movement_id as movement
from stock_adjustment as a
join item on item.id = a.item_id
join lot on lot.id = a.lot_id
join location on location.id = a.location_id
left join person as asker on asker.id = a.asked_by
left join person as decider on decider.id = a.decided_by
where a.id > %(after)s
    and (%(id)s::integer is null or a.id = %(id)s)
    and (%(state)s::text is null or a.state = %(state)s)
    and (%(item)s::text is null or item.code = %(item)s)
order by a.id
limit %(limit)s

-- :name posting
-- A movement, and whether it was reversed.
select m.id, m.kind, m.item_id, m.lot_id, m.from_id, m.to_id, m.quantity, m.at, m.operation_id,
    m.equipment_id, origin.kind as from_kind, target.kind as to_kind, back.id as reversed_by
from movement as m
join location as origin on origin.id = m.from_id
join location as target on target.id = m.to_id
left join movement as back on back.reverses_id = m.id
where m.id = %(id)s

-- :name lock_operation
-- The operation of a movement, locked as facts lock it.
select id from work_order_operation where id = %(id)s for no key update
