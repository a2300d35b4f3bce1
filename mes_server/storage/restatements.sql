-- :name find
-- Figures that changed after they were reported, newest first, by unit or anything above it, and by order.
select r.id, r.figure, unit.path as equipment, unit.name as equipment_name, r.hour, w.number as order,
    o.number as operation, r.good_before, r.good_after, r.scrap_before, r.scrap_after, r.fact_at, r.at, r.ingest_id,
    r.command_id::text as command_id, person.name as person
from restatement as r
join equipment as unit on unit.id = r.equipment_id
left join work_order_operation as o on o.id = r.operation_id
left join work_order as w on w.id = o.work_order_id
left join command as c on c.id = r.command_id
left join person on person.id = c.person_id
where (%(equipment)s::text is null or unit.path = %(equipment)s or unit.path like %(below)s)
    and (%(number)s::text is null or w.number = %(number)s)
    and (%(figure)s::text is null or r.figure = %(figure)s)
    and (%(since)s::timestamptz is null or r.hour >= %(since)s)
    and (%(until)s::timestamptz is null or r.hour < %(until)s)
    and (%(before)s::bigint is null or r.id < %(before)s)
order by r.id desc
limit %(limit)s

-- :name of_operation
-- How often an operation's progress changed after it was completed, by how much, and when last.
select count(*) as times, coalesce(sum(good_after - good_before), 0) as good,
    coalesce(sum(scrap_after - scrap_before), 0) as scrap, max(at) as last_at
from restatement where operation_id = %(operation_id)s and figure = %(figure)s
