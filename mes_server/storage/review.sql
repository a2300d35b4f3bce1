-- :name quarantine
-- Facts that were not booked and wait for a person, newest first.
select fact.id, source.agent, fact.equipment, fact.signal, fact.at, fact.quantity, fact.reason, fact.resolved_at
from quarantined_fact as fact
join source on source.id = fact.source_id
where (%(before)s::bigint is null or fact.id < %(before)s)
order by fact.id desc
limit %(limit)s

-- :name no_order_counts
-- Pieces counted outside any order, by unit and hour, newest first.
select unit.path as equipment, unit.name as equipment_name, counted.hour, counted.good, counted.scrap
from production_hour as counted
join equipment as unit on unit.id = counted.equipment_id
where counted.operation_id = 0 and (counted.good <> 0 or counted.scrap <> 0)
    and (%(before)s::timestamptz is null or counted.hour < %(before)s)
order by counted.hour desc, unit.path
limit %(limit)s
