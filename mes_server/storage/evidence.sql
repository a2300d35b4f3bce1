-- :name ingest
-- The batch that a posting came from.
select id, received_at, gateway, facts from ingest where id = %(ingest_id)s

-- :name command
-- The command that a posting came from.
select command.id::text as id, command.kind, command.given, person.name as person, command.station, command.at
from command left join person on person.id = command.person_id
where command.id = %(command_id)s::uuid

-- :name events_of_ingest
-- The facts of one batch at one unit, counts and weighings, by machine time.
select event.at, event.since, event.arrived_at, event.seq, event.ingest_id, source.agent, signal.name as signal,
    event.quality::text as quality, event.step, event.total, event.detail
from event
join source on source.id = event.source_id
left join signal on signal.id = event.signal_id
where event.ingest_id = %(ingest_id)s and event.equipment_id = %(equipment_id)s and event.kind in ('c', 'w')
    and (event.at, event.seq) > (%(after_at)s, %(after_seq)s)
order by event.at, event.seq
limit %(limit)s

-- :name events_of_operation
-- The counts that belong to one operation, by machine time.
select event.at, event.since, event.arrived_at, event.seq, event.ingest_id, source.agent, signal.name as signal,
    event.quality::text as quality, event.step, event.total, event.detail
from signal
join event on event.signal_id = signal.id
join source on source.id = event.source_id
where signal.equipment_id = (select equipment_id from work_order_operation where id = %(operation_id)s)
    and signal.role in ('good', 'scrap', 'produced')
    and event.operation_id = %(operation_id)s and event.kind = 'c' and event.step <> 0
    and (event.at, event.seq) > (%(after_at)s, %(after_seq)s)
order by event.at, event.seq
limit %(limit)s

-- :name equipment_of_movement
-- The unit at which a posting was made.
select equipment_id from movement where id = %(movement_id)s
