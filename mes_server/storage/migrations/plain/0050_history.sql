-- History of signals on plain PostgreSQL: roll-ups per minute and hour that `roll_up_history` keeps current, batch by batch.
-- With TimescaleDB the file of the same name in `timescale` has continuous aggregates of the same names and columns.

-- Batches whose facts are not rolled up yet. A queue and no high-water mark: batches commit in another order than they
-- are numbered in.
create table history_due (ingest_id bigint primary key);
insert into history_due select id from ingest;

create function batch_is_due() returns trigger language plpgsql as $$
begin
    insert into history_due select id from added on conflict do nothing;
    return null;
end $$;
create trigger batch_is_due after insert on ingest
    referencing new table as added for each statement execute function batch_is_due();

-- Facts are found by their batch through a BRIN index, which knows new pages only once they are summarized: otherwise at the
-- next vacuum, by when a fifth of a month may have come in.
create function summarize_by_itself(part regclass) returns void language plpgsql as $$
declare found regclass;
begin
    for found in
        select i.indexrelid::regclass from pg_index i
        join pg_class c on c.oid = i.indexrelid and c.relkind = 'i'
        join pg_am a on a.oid = c.relam and a.amname = 'brin'
        where i.indrelid = part
    loop
        execute format('alter index %s set (autosummarize = on)', found);
    end loop;
end $$;
select summarize_by_itself(i.inhrelid::regclass) from pg_inherits i where i.inhparent = 'event'::regclass;

-- What a signal read or counted in a minute. Steps of quarantined readings are not booked, their values not believed.
create table signal_minute_kept (
    signal_id integer not null,
    bucket timestamptz not null,
    readings bigint not null,
    uncertain bigint not null,
    quarantined bigint not null,
    valued bigint not null,
    value_sum double precision,
    lowest double precision,
    highest double precision,
    stepped numeric,
    primary key (signal_id, bucket)
) with (fillfactor = 80);
create index signal_minute_by_time on signal_minute_kept using brin (bucket) with (pages_per_range = 16);

create table signal_hour_kept (like signal_minute_kept including defaults, primary key (signal_id, bucket))
    with (fillfactor = 80);

-- What the facts of due batches come to.
create function signal_steps(batches bigint[])
    returns table (signal_id integer, bucket timestamptz, readings bigint, uncertain bigint, quarantined bigint,
        valued bigint, value_sum double precision, lowest double precision, highest double precision, stepped numeric)
    language sql stable as $$
    select e.signal_id, date_trunc('minute', e.at), count(*),
        count(*) filter (where e.quality = 'u'), count(*) filter (where e.quality = 'q'),
        count(e.value) filter (where e.quality <> 'q'), sum(e.value) filter (where e.quality <> 'q'),
        min(e.value) filter (where e.quality <> 'q'), max(e.value) filter (where e.quality <> 'q'),
        sum(e.step) filter (where e.quality <> 'q' and e.kind in ('c', 'w'))
    from event e
    where e.ingest_id = any (batches) and e.signal_id is not null
        and e.ingest_id between (select min(b) from unnest(batches) b) and (select max(b) from unnest(batches) b)
    group by 1, 2
$$;

-- Kept and still due together, so that a reader sees every committed fact. A bucket may come twice: add it up.
create view signal_minute as
    select * from signal_minute_kept
    union all
    select * from signal_steps((select coalesce(array_agg(ingest_id), '{}') from history_due));

create view signal_hour as
    select * from signal_hour_kept
    union all
    select s.signal_id, date_trunc('hour', s.bucket), s.readings, s.uncertain, s.quarantined, s.valued, s.value_sum,
        s.lowest, s.highest, s.stepped
    from signal_steps((select coalesce(array_agg(ingest_id), '{}') from history_due)) s;

-- Takes so many due batches into the roll-ups, each once; returns how many are still to come. Late facts are added to the
-- minute they belong to.
create function roll_up_history(batches integer) returns bigint language plpgsql as $$
declare taken bigint[];
begin
    if not pg_try_advisory_xact_lock(7301553047) then
        return 0; -- another server is at it
    end if;
    with gone as (
        delete from history_due where ingest_id in (select ingest_id from history_due order by ingest_id limit batches)
        returning ingest_id
    )
    select array_agg(ingest_id) into taken from gone;
    if taken is null then
        return 0;
    end if;
    create temp table if not exists history_step (like signal_minute_kept) on commit delete rows;
    truncate history_step;
    insert into history_step select * from signal_steps(taken);
    insert into signal_minute_kept as k select * from history_step order by signal_id, bucket
    on conflict (signal_id, bucket) do update set
        readings = k.readings + excluded.readings, uncertain = k.uncertain + excluded.uncertain,
        quarantined = k.quarantined + excluded.quarantined, valued = k.valued + excluded.valued,
        value_sum = coalesce(k.value_sum + excluded.value_sum, k.value_sum, excluded.value_sum),
        lowest = least(k.lowest, excluded.lowest), highest = greatest(k.highest, excluded.highest),
        stepped = coalesce(k.stepped + excluded.stepped, k.stepped, excluded.stepped);
    insert into signal_hour_kept as k
    select signal_id, date_trunc('hour', bucket), sum(readings), sum(uncertain), sum(quarantined), sum(valued),
        sum(value_sum), min(lowest), max(highest), sum(stepped)
    from history_step group by 1, 2 order by 1, 2
    on conflict (signal_id, bucket) do update set
        readings = k.readings + excluded.readings, uncertain = k.uncertain + excluded.uncertain,
        quarantined = k.quarantined + excluded.quarantined, valued = k.valued + excluded.valued,
        value_sum = coalesce(k.value_sum + excluded.value_sum, k.value_sum, excluded.value_sum),
        lowest = least(k.lowest, excluded.lowest), highest = greatest(k.highest, excluded.highest),
        stepped = coalesce(k.stepped + excluded.stepped, k.stepped, excluded.stepped);
    return (select count(*) from history_due);
end $$;

-- How long facts are kept is asked at every round of housekeeping; nothing is set up here.
create function set_history_keep(days integer) returns void language sql as $$ select $$;

-- Drops the months that lie wholly before a time, and what lies before it in the default partition; the roll-ups stay.
-- Returns what was dropped. Facts that are not rolled up yet are waited for.
create function drop_events_before(horizon timestamptz) returns setof text language plpgsql as $$
declare part record;
begin
    if exists (select 1 from history_due) then
        return;
    end if;
    for part in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'event'::regclass and c.relname ~ '^event_\d{4}_\d{2}$' order by c.relname
    loop
        if (to_date(substr(part.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC' <= horizon then
            execute format('drop table %I', part.relname);
            return next part.relname;
        end if;
    end loop;
    delete from event_default where at < horizon;
end $$;
