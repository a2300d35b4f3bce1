-- :name of_order
-- Units of an order's operation, or of all its operations.
select equipment.path from work_order_operation as operation
join work_order on work_order.id = operation.work_order_id
join equipment on equipment.id = operation.equipment_id
where work_order.number = %(number)s
    and (%(operation)s::integer is null or operation.number = %(operation)s)

-- :name of_routing
-- For each operation of an item's routings, the units that can do it.
select array_agg(equipment.path)
from routing join item on item.id = routing.item_id
join routing_operation as step on step.routing_id = routing.id
join routing_unit on routing_unit.routing_operation_id = step.id
join equipment on equipment.id = routing_unit.equipment_id
where item.code = %(item)s
group by step.id

-- :name of_scrap_report
-- The unit of a scrap entry.
select equipment.path from scrap_report
join work_order_operation as operation on operation.id = scrap_report.operation_id
join equipment on equipment.id = operation.equipment_id
where scrap_report.id = %(id)s

-- :name of_signal
-- Units that a replenishment call serves.
select equipment.path from replenishment_signal as signal
join replenishment_loop as loop on loop.id = signal.loop_id
join equipment on equipment.line_side_id = loop.location_id or equipment.output_id = loop.location_id
where signal.id = %(id)s

-- :name of_card
-- Units at the place of a kanban card.
select equipment.path from kanban_card as card
join replenishment_loop as loop on loop.id = card.loop_id
join equipment on equipment.line_side_id = loop.location_id or equipment.output_id = loop.location_id
where card.code = %(code)s

-- :name of_container
-- Units that draw from a container's place or put their output there.
select equipment.path from container
join equipment on equipment.line_side_id = container.location_id or equipment.output_id = container.location_id
where container.code = %(code)s

-- :name of_location
-- Units that draw from a place or put their output there.
select equipment.path from location
join equipment on equipment.line_side_id = location.id or equipment.output_id = location.id
where location.code = %(code)s
