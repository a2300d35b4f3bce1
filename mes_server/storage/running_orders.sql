-- :name by_unit
-- The order that runs on each unit now.
select unit.path as equipment, w.number as order
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
join equipment as unit on unit.id = o.equipment_id
where o.state = 'running'
order by unit.path
