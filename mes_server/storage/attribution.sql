-- Counts that belonged to no order are given to one: they become `resolved` facts again, and walk on from there.

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
    returning event.source_id, event.seq, event.quality, event.signal_id, counter.role, counter.counts_all, event.at,
        event.since, event.arrived_at, event.epoch, event.total, event.step
)
insert into resolved (ord, source_id, seq, kind, quality, equipment_id, signal_id, role, operation_id, at, since,
    arrived_at, epoch, total, step, booked, good, scrap)
select row_number() over (order by at, seq), source_id, seq, 'c', quality, %(equipment_id)s, signal_id, role,
    %(operation_id)s, at, since, arrived_at, epoch, total, step, step,
    case role when 'scrap' then case when counts_all then -step else 0 end else step end,
    case role when 'scrap' then step end
from taken

-- :name leave_hours
-- The hours of "no order" lose what was taken.
update production_hour as bucket
set good = bucket.good - taken.good, scrap = bucket.scrap - taken.scrap
from (
    select equipment_id, date_trunc('hour', at) as hour, sum(coalesce(good, 0)) as good, sum(coalesce(scrap, 0)) as scrap
    from resolved group by 1, 2
) as taken
where bucket.equipment_id = taken.equipment_id and bucket.hour = taken.hour and bucket.operation_id = 0

-- :name leave_minutes
-- And so do the minutes.
update production_minute as bucket
set good = bucket.good - taken.good, scrap = bucket.scrap - taken.scrap
from (
    select equipment_id, date_trunc('minute', at) as minute, sum(coalesce(good, 0)) as good,
        sum(coalesce(scrap, 0)) as scrap
    from resolved group by 1, 2
) as taken
where bucket.equipment_id = taken.equipment_id and bucket.minute = taken.minute and bucket.operation_id = 0

-- :name stage_report
-- What a person reported, staged like the counts of a machine: it belongs to no source and no signal.
insert into resolved (ord, source_id, seq, kind, quality, equipment_id, role, operation_id, at, arrived_at, step, booked,
    good, scrap)
select row_number() over (), 0, 0, 'c', 'good', %(equipment_id)s, v.role, %(operation_id)s, %(at)s::timestamptz,
    %(at)s::timestamptz, v.quantity, v.quantity, case when v.role = 'good' then v.quantity end,
    case when v.role = 'scrap' then v.quantity end
from (values ('good', %(good)s::numeric), ('scrap', %(scrap)s::numeric)) as v (role, quantity)
where v.quantity <> 0
