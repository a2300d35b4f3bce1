-- History of signals: continuous aggregates of the events, kept current by TimescaleDB itself. Takes the place of the plain
-- file of the same name where TimescaleDB is loaded; both give the same names and columns.

-- Chunks that have come to rest become columns: a signal's readings lie together, in order of time.
alter table event set (
    timescaledb.enable_columnstore, timescaledb.segmentby = 'signal_id', timescaledb.orderby = 'at, seq');
call add_columnstore_policy('event', after => interval '7 days');

-- What a signal read or counted in a minute. Steps of quarantined readings are not booked, their values not believed.
create materialized view signal_minute with (timescaledb.continuous, timescaledb.materialized_only = false) as
select signal_id, time_bucket(interval '1 minute', at) as bucket, count(*) as readings,
    count(*) filter (where quality = 'u') as uncertain, count(*) filter (where quality = 'q') as quarantined,
    count(value) filter (where quality <> 'q') as valued, sum(value) filter (where quality <> 'q') as value_sum,
    min(value) filter (where quality <> 'q') as lowest, max(value) filter (where quality <> 'q') as highest,
    sum(step) filter (where quality <> 'q' and kind in ('c', 'w')) as stepped
from event
where signal_id is not null
group by 1, 2
with no data;

create materialized view signal_hour with (timescaledb.continuous, timescaledb.materialized_only = false) as
select signal_id, time_bucket(interval '1 hour', bucket) as bucket, sum(readings)::bigint as readings,
    sum(uncertain)::bigint as uncertain, sum(quarantined)::bigint as quarantined, sum(valued)::bigint as valued,
    sum(value_sum) as value_sum, min(lowest) as lowest, max(highest) as highest, sum(stepped) as stepped
from signal_minute
group by 1, 2
with no data;

-- Late facts are taken in as far back as facts are kept by default; `set_history_keep` moves the bound with the setting.
select add_continuous_aggregate_policy('signal_minute', start_offset => interval '1096 days',
    end_offset => interval '2 minutes', schedule_interval => interval '1 minute');
select add_continuous_aggregate_policy('signal_hour', start_offset => interval '1096 days',
    end_offset => interval '1 hour', schedule_interval => interval '10 minutes');

-- How long facts are kept, in days; 0: for ever. A refresh that reached into times whose facts are dropped would empty the
-- aggregates there, so it ends a day before.
create function set_history_keep(days integer) returns void language plpgsql as $$
declare
    begin_at interval := case when days > 0 then make_interval(days => greatest(days - 1, 2)) end;
begin
    if exists (
        select 1 from timescaledb_information.jobs j
        where j.proc_name = 'policy_refresh_continuous_aggregate'
            and (j.config ->> 'start_offset')::interval is distinct from begin_at)
    then
        perform remove_continuous_aggregate_policy('signal_minute');
        perform remove_continuous_aggregate_policy('signal_hour');
        perform add_continuous_aggregate_policy('signal_minute', start_offset => begin_at,
            end_offset => interval '2 minutes', schedule_interval => interval '1 minute');
        perform add_continuous_aggregate_policy('signal_hour', start_offset => begin_at,
            end_offset => interval '1 hour', schedule_interval => interval '10 minutes');
    end if;
end $$;

-- Nothing to do: TimescaleDB refreshes by its policies. Returns how many batches are still to come.
create function roll_up_history(batches integer) returns bigint language sql as $$ select 0::bigint $$;

-- Drops the chunks that lie wholly before a time; their aggregates stay. Returns what was dropped.
create function drop_events_before(horizon timestamptz) returns setof text language sql as $$
    select drop_chunks('event', horizon)
$$;
