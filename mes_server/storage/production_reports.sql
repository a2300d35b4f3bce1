-- :name add
-- What a person said was made.
insert into production_report (operation_id, good, scrap, reason, at, person_id, command_id)
values (%(operation_id)s, %(good)s, %(scrap)s, %(reason)s, %(at)s, %(person_id)s, %(command_id)s)

-- :name find
-- What people said was made on an order, newest first.
select report.id, w.number, o.number as operation, report.good, report.scrap, report.reason, report.at,
    person.name as person, report.command_id::text as command_id
from production_report as report
join work_order_operation as o on o.id = report.operation_id
join work_order as w on w.id = o.work_order_id
left join person on person.id = report.person_id
where w.number = %(number)s and (%(before)s::integer is null or report.id < %(before)s)
order by report.id desc
limit %(limit)s

-- :name over_upstream
-- Operations whose machines counted more than the operation before made, the largest excess first.
select w.number, o.number as operation, unit.path as equipment, unit.name as equipment_name, o.produced,
    before.good as upstream_good, o.produced - before.good as over_upstream
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
join equipment as unit on unit.id = o.equipment_id
join work_order_operation as before on before.id = upstream_of(o.id)
where o.produced > before.good and o.state not in ('closed', 'aborted')
    and (%(order)s::text is null or w.number = %(order)s)
    and (%(equipment)s::text is null or unit.path = %(equipment)s)
order by 7 desc, w.number, o.number
limit %(limit)s offset %(after)s

-- :name of_operation
-- What people said was made at an operation, all told.
select coalesce(sum(good), 0) as good, coalesce(sum(scrap), 0) as scrap
from production_report where operation_id = %(operation_id)s
