-- :name take_back
-- Pieces come back from rework at their operation; what was produced stays.
update work_order_operation
set good = good + %(good)s, scrap = scrap + %(scrap)s, rework = rework - %(good)s - %(scrap)s, version = version + 1
where id = %(operation_id)s

-- :name add
-- What a person said came back.
insert into rework_report (operation_id, good, scrap, reason, at, person_id, command_id)
values (%(operation_id)s, %(good)s, %(scrap)s, %(reason)s, %(at)s, %(person_id)s, %(command_id)s)

-- :name find
-- What came back from rework on an order, newest first.
select report.id, w.number, o.number as operation, report.good, report.scrap, report.reason, report.at,
    person.name as person
from rework_report as report
join work_order_operation as o on o.id = report.operation_id
join work_order as w on w.id = o.work_order_id
left join person on person.id = report.person_id
where w.number = %(number)s and (%(before)s::integer is null or report.id < %(before)s)
order by report.id desc
limit %(limit)s

-- :name waiting
-- What waits for rework: at operations between two others, and in stock what operations that yield set aside. `since` is
-- the oldest entry that was not taken back.
select o.id, w.number, o.number as operation, o.name as operation_name, item.code as item, item.name as item_name,
    item.unit, unit.path as equipment, unit.name as equipment_name, place.code as location,
    case when o.yields then here.quantity else o.rework end as waiting,
    (select min(r.at) from scrap_report as r
     where r.operation_id = o.id and r.disposition = 'rework' and r.reversed_at is null) as since
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
join item on item.id = w.item_id
join equipment as unit on unit.id = o.equipment_id
left join location as place on o.yields and place.code = 'REWORK'
left join balance as here on here.item_id = w.item_id and here.location_id = place.id and here.lot_id = o.output_lot_id
where o.id > %(after)s and o.rework > 0
    and case when o.yields then here.quantity > 0 else o.state not in ('closed', 'aborted') end
    and (%(number)s::text is null or w.number = %(number)s)
order by o.id
limit %(limit)s
