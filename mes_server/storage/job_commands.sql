-- :name add
-- A command for a machine, on its way by the gateway.
insert into job_command (command_id, agent, equipment_id, operation_id, payload, issued_at)
values (%(command_id)s, %(agent)s, %(equipment_id)s, %(operation_id)s, %(payload)s, %(at)s)

-- :name after
-- Commands after a position; after 0, those that nobody has answered.
select position, command_id::text as command_id, payload
from job_command
where position > %(after)s and (%(after)s > 0 or answered_at is null)
order by position
limit %(limit)s
