-- :name one_at_a_time
-- Positions are committed in their order, so that no command can appear behind a gateway that has read on.
select pg_advisory_xact_lock(7301553047)

-- :name supersede
-- What the machine has not answered yet it need not do any more.
update job_command set answered_at = %(at)s, accepted = false, reason = %(reason)s
where equipment_id = %(equipment_id)s and answered_at is null

-- :name add
-- A command for a machine, on its way by the gateway.
insert into job_command (command_id, agent, equipment_id, operation_id, payload, issued_at)
values (%(command_id)s, %(agent)s, %(equipment_id)s, %(operation_id)s, %(payload)s, %(at)s)

-- :name after
-- Commands after a position that nobody has answered.
select position, command_id::text as command_id, payload
from job_command
where position > %(after)s and answered_at is null
order by position
limit %(limit)s

-- :name find
-- Commands of an order or a unit with their answers, oldest first.
select c.position, c.command_id::text as command_id, w.number as order, o.number as operation, unit.path as equipment,
    c.issued_at, c.answered_at, c.accepted, coalesce(c.reason, '') as reason
from job_command as c
join work_order_operation as o on o.id = c.operation_id
join work_order as w on w.id = o.work_order_id
join equipment as unit on unit.id = c.equipment_id
where c.position > %(after)s
    and (%(order)s::text is null or w.number = %(order)s)
    and (%(equipment)s::text is null or unit.path = %(equipment)s)
order by c.position
limit %(limit)s
