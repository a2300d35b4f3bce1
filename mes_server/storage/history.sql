-- History: what signals read, what units made and how long they were in which state. The names signal_minute and
-- signal_hour are continuous aggregates with TimescaleDB, and views of roll-ups that we keep without; the queries are one.

-- :name find_signal
-- A signal of a unit by its name.
select s.id, s.role, s.unit from signal s join equipment e on e.id = s.equipment_id
where e.path = %(path)s and s.name = %(name)s

-- :name find_units
-- Units by path, or all of them.
select id, path from equipment
where level = 'unit' and (%(paths)s::text[] is null or path = any(%(paths)s)) order by id

-- :name count_readings
-- How many readings there are, as far as they matter.
select count(*) from (
    select 1 from event where signal_id = %(signal_id)s and at >= %(since)s and at < %(until)s limit %(limit)s) x

-- :name readings
-- Single readings, oldest first.
select at, quality::text as quality, value, step, total, detail
from event
where signal_id = %(signal_id)s and at >= %(since)s and at < %(until)s
order by at, seq
limit %(limit)s

-- :name minutes
-- A signal by minutes, or by several together.
select date_bin(%(width)s, bucket, %(origin)s) as at, sum(readings)::bigint as readings, sum(uncertain)::bigint as uncertain,
    sum(quarantined)::bigint as quarantined, sum(value_sum) / nullif(sum(valued), 0)::double precision as average,
    min(lowest) as lowest, max(highest) as highest, sum(stepped) as stepped
from signal_minute
where signal_id = %(signal_id)s and bucket >= %(since)s and bucket < %(until)s
group by 1 order by 1
limit %(limit)s

-- :name hours
-- A signal by hours.
select bucket as at, sum(readings)::bigint as readings, sum(uncertain)::bigint as uncertain,
    sum(quarantined)::bigint as quarantined, sum(value_sum) / nullif(sum(valued), 0)::double precision as average,
    min(lowest) as lowest, max(highest) as highest, sum(stepped) as stepped
from signal_hour
where signal_id = %(signal_id)s and bucket >= %(since)s and bucket < %(until)s
group by 1 order by 1
limit %(limit)s

-- :name days
-- A signal by days of the plant's own time.
select date_trunc('day', bucket, %(zone)s) as at, sum(readings)::bigint as readings, sum(uncertain)::bigint as uncertain,
    sum(quarantined)::bigint as quarantined, sum(value_sum) / nullif(sum(valued), 0)::double precision as average,
    min(lowest) as lowest, max(highest) as highest, sum(stepped) as stepped
from signal_hour
where signal_id = %(signal_id)s and bucket >= %(since)s and bucket < %(until)s
group by 1 order by 1
limit %(limit)s

-- :name set_keep
-- How long facts are kept, told to the database where it refreshes its aggregates itself.
select set_history_keep(%(days)s)

-- :name roll_up
-- Takes some batches into the roll-ups; how many are still to come.
select roll_up_history(%(batches)s)

-- :name roll_up_states
-- Takes the hours that are over into the states by the hour.
select roll_up_states(%(now)s)

-- :name oldest_need
-- The open order whose facts reach back furthest: "why" needs them.
select w.number as order, least(min(r.started_at), min(h.hour)) as since
from work_order_operation o
join work_order w on w.id = o.work_order_id
left join operation_run r on r.operation_id = o.id
left join production_hour h on h.operation_id = o.id
where o.state not in ('closed', 'aborted')
group by w.number
having least(min(r.started_at), min(h.hour)) is not null
order by since
limit 1

-- :name drop_before
-- Drops what lies wholly before a time.
select drop_events_before(%(horizon)s)

-- :name oldest_fact
-- How far back facts go.
select min(at) from event

-- :name differences
-- Hours in which the signals' own roll-up and the one that is booked with each batch differ: there must be none.
with sense as (
    select s.id, s.equipment_id, s.role, bool_or(s.role = 'produced') over (partition by s.equipment_id) as counts_all
    from signal s where s.role in ('good', 'scrap', 'produced')
), counted as (
    select s.equipment_id, b.bucket as hour,
        coalesce(sum(b.stepped) filter (where s.role <> 'scrap'), 0)
            - coalesce(sum(b.stepped) filter (where s.role = 'scrap' and s.counts_all), 0) as good,
        coalesce(sum(b.stepped) filter (where s.role = 'scrap'), 0) as scrap
    from sense s join signal_hour b on b.signal_id = s.id
    group by 1, 2
), booked as (
    select equipment_id, hour, sum(good) as good, sum(scrap) as scrap from production_hour group by 1, 2
)
select equipment_id, hour, coalesce(c.good, 0) as counted_good, coalesce(b.good, 0) as booked_good,
    coalesce(c.scrap, 0) as counted_scrap, coalesce(b.scrap, 0) as booked_scrap
from counted c full join booked b using (equipment_id, hour)
where coalesce(c.good, 0) <> coalesce(b.good, 0) or coalesce(c.scrap, 0) <> coalesce(b.scrap, 0)
order by 1, 2
limit %(limit)s
