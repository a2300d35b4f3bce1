-- :name add
-- A booked scrap entry.
insert into scrap_report (operation_id, disposition, quantity, reason, at, person_id, command_id, movement_id)
values (%(operation_id)s, %(disposition)s, %(quantity)s, %(reason)s, %(at)s, %(person_id)s, %(command_id)s,
    %(movement_id)s)
returning id

-- :name find
-- Scrap entries by id or work order, newest first.
select report.id, w.number, o.number as operation, report.quantity, report.reason, report.disposition, report.at,
    person.name as person, report.reversed_at, report.operation_id, report.movement_id
from scrap_report as report
join work_order_operation as o on o.id = report.operation_id
join work_order as w on w.id = o.work_order_id
left join person on person.id = report.person_id
where (%(id)s::integer is null or report.id = %(id)s) and (%(number)s::text is null or w.number = %(number)s)
    and (%(before)s::integer is null or report.id < %(before)s)
order by report.id desc
limit %(limit)s

-- :name set_reversed
-- Marks an entry as taken back; no row when it was already.
update scrap_report set reversed_at = %(at)s, reversed_by = %(person_id)s
where id = %(id)s and reversed_at is null
returning id

-- :name movement
-- The posting of an entry.
select item_id, lot_id, from_id, to_id, quantity, operation_id, equipment_id from movement where id = %(movement_id)s

-- :name stock_here
-- What nobody has reserved of a lot at a place, and the place's name.
select location.name, coalesce(balance.quantity - balance.reserved, 0)
from location
left join balance on balance.location_id = location.id and balance.item_id = %(item_id)s and balance.lot_id = %(lot_id)s
where location.id = %(location_id)s
