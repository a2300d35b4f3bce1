-- Counts that belonged to no order are given to one: they go into `tally` again, and walk on from there.

-- :name take_counts
-- The unit's counts of that time without an order, as if the order had run then.
with taken as (
    update event set operation_id = %(operation_id)s
    from (
        select signal.id, signal.role, bool_or(signal.role = 'produced') over () as counts_all
        from signal where signal.equipment_id = %(equipment_id)s
    ) as counter
    where event.signal_id = counter.id and counter.role in ('good', 'produced', 'scrap')
        and event.kind = 'c' and event.quality <> 'q' and event.operation_id is null and event.step <> 0
        and event.at >= %(since)s and (%(until)s::timestamptz is null or event.at < %(until)s)
    returning counter.role, counter.counts_all, event.at, event.step, changed_after(%(operation_id)s, event.at) as changed_at
)
insert into tally (equipment_id, operation_id, minute, good, scrap, used, last_at, changed_at)
select %(equipment_id)s, %(operation_id)s, date_trunc('minute', at),
    sum(case role when 'scrap' then case when counts_all then -step else 0 end else step end),
    sum(case role when 'scrap' then step else 0 end), 0, max(at), changed_at
from taken
group by date_trunc('minute', at), changed_at

-- :name clear_staged
-- What was staged is booked; more may be staged within the same transaction.
delete from tally

-- :name leave_hours
-- The hours of "no order" lose what was taken.
update production_hour as bucket
set good = bucket.good - taken.good, scrap = bucket.scrap - taken.scrap
from (
    select equipment_id, date_trunc('hour', minute) as hour, sum(good) as good, sum(scrap) as scrap
    from tally group by 1, 2
) as taken
where bucket.equipment_id = taken.equipment_id and bucket.hour = taken.hour and bucket.operation_id = 0

-- :name restate_left
-- What was taken from "no order" out of hours that had closed.
insert into restatement (figure, equipment_id, hour, good_before, good_after, scrap_before, scrap_after, fact_at, command_id,
    at)
select 'hour', bucket.equipment_id, bucket.hour, bucket.good + taken.good, bucket.good, bucket.scrap + taken.scrap,
    bucket.scrap, taken.last_at, %(command_id)s, %(now)s
from (
    select equipment_id, date_trunc('hour', minute) as hour, sum(good) as good, sum(scrap) as scrap, max(last_at) as last_at
    from tally where minute < %(closed)s group by 1, 2
) as taken
join production_hour as bucket
    on bucket.equipment_id = taken.equipment_id and bucket.hour = taken.hour and bucket.operation_id = 0
order by bucket.equipment_id, bucket.hour

-- :name leave_minutes
-- And so do the minutes.
update production_minute as bucket
set good = bucket.good - taken.good, scrap = bucket.scrap - taken.scrap
from (
    select equipment_id, minute, sum(good) as good, sum(scrap) as scrap
    from tally group by 1, 2
) as taken
where bucket.equipment_id = taken.equipment_id and bucket.minute = taken.minute and bucket.operation_id = 0

-- :name stage_report
-- What a person reported, staged like the counts of a machine: it belongs to no source and no signal.
insert into tally (equipment_id, operation_id, minute, good, scrap, used, last_at)
values (%(equipment_id)s, %(operation_id)s, date_trunc('minute', %(at)s::timestamptz), %(good)s, %(scrap)s, 0,
    %(at)s)
