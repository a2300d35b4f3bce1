-- How long each unit was in each state, by the hour: with the hours of production, all that a shift's OEE is made of.

create table state_hour (
    equipment_id integer not null references equipment,
    hour timestamptz not null,
    state text not null,
    seconds numeric(12, 6) not null,
    primary key (equipment_id, hour, state)
) with (fillfactor = 80);

-- How far the hours of a unit are rolled up, and from where a late fact made them stale.
create table state_rolled (
    equipment_id integer primary key references equipment,
    until timestamptz not null
);
create table state_due (
    equipment_id integer not null,
    since timestamptz not null
);

create function state_is_due() returns trigger language plpgsql as $$
begin
    insert into state_due select equipment_id, min(at) from added group by equipment_id;
    return null;
end $$;
create trigger state_is_due after insert on state_change
    referencing new table as added for each statement execute function state_is_due();
create trigger corrected_state_is_due after update on state_change
    referencing new table as added for each statement execute function state_is_due();

-- Rolls up the hours that ended before `moment`, at most 400 days back; returns how many units changed.
create function roll_up_states(moment timestamptz) returns bigint language plpgsql as $$
declare
    closed timestamptz := date_trunc('hour', moment);
    changed bigint;
begin
    if not pg_try_advisory_xact_lock(7301553048) then
        return 0; -- another server is at it
    end if;
    create temp table if not exists stale_state (equipment_id integer, since timestamptz) on commit delete rows;
    truncate stale_state;
    with due as (delete from state_due returning equipment_id, since)
    insert into stale_state
    select e.id, date_trunc('hour', greatest(closed - interval '400 days', least(d.since, coalesce(r.until, f.at))))
    from equipment e
    left join (select equipment_id, min(since) as since from due group by equipment_id) d on d.equipment_id = e.id
    left join state_rolled r on r.equipment_id = e.id
    left join lateral (
        select s.at from state_change s where s.equipment_id = e.id order by s.at limit 1) f on true
    where least(d.since, coalesce(r.until, f.at)) < closed;
    delete from state_hour h using stale_state s
    where h.equipment_id = s.equipment_id and h.hour >= s.since and h.hour < closed;
    insert into state_hour (equipment_id, hour, state, seconds)
    select g.equipment_id, h.hour, g.state,
        sum(extract(epoch from least(g.ended, h.hour + interval '1 hour') - greatest(g.began, h.hour)))
    from (
        select s.equipment_id, c.state, greatest(c.at, s.since) as began,
            least(lead(c.at) over (partition by s.equipment_id order by c.at), closed) as ended
        from stale_state s
        join state_change c on c.equipment_id = s.equipment_id and c.at < closed
            and c.at >= coalesce((select max(b.at) from state_change b
                where b.equipment_id = s.equipment_id and b.at <= s.since), '-infinity')
    ) g
    cross join lateral generate_series(
        date_trunc('hour', g.began), g.ended - interval '1 microsecond', interval '1 hour') h (hour)
    where g.ended > g.began
    group by 1, 2, 3;
    insert into state_rolled (equipment_id, until) select equipment_id, closed from stale_state
    on conflict (equipment_id) do update set until = excluded.until;
    get diagnostics changed = row_count;
    return changed;
end $$;
