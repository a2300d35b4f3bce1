-- From demand to ledger: which lots serve what was consumed, what is short, what is booked. Set-based; every statement
-- works on the temporary tables `demand`, `allocation`, `pending` of its connection and on all rows at once.

-- :name create_workspace
-- The temporary tables, once a connection.
create temp table if not exists demand (
    id bigint generated always as identity,
    shortage_id bigint,
    kind varchar(20) not null,
    operation_id integer,
    equipment_id integer not null,
    item_id integer not null,
    location_id integer not null,
    to_id integer not null,
    lot_id integer,
    quantity numeric(18, 6) not null,
    at timestamptz not null
) on commit delete rows;
create temp table if not exists allocation (
    demand_id bigint not null, lot_id integer not null, quantity numeric(18, 6) not null
) on commit delete rows;
create temp table if not exists pending (
    kind varchar(20) not null,
    item_id integer not null,
    lot_id integer not null,
    from_id integer not null,
    to_id integer not null,
    quantity numeric(18, 6) not null,
    at timestamptz not null,
    operation_id integer,
    equipment_id integer
) on commit delete rows

-- :name describe_workspace
-- Nobody analyzes temporary tables, and without statistics the planner takes a few hundred rows of a batch for one or for
-- a thousand. Typical rows are looked at once a connection; the end of the transaction takes them away.
insert into demand (kind, operation_id, equipment_id, item_id, location_id, to_id, quantity, at)
select case when n % 3 = 0 then 'weigh' else 'backflush' end, n / 3, n / 3, n, n / 3, 1, n % 7 + 1, '2000-01-01'
from generate_series(1, 300) n;
insert into allocation (demand_id, lot_id, quantity) select n, n, n % 7 + 1 from generate_series(1, 300) n;
insert into pending (kind, item_id, lot_id, from_id, to_id, quantity, at, operation_id, equipment_id)
select case n % 4 when 0 then 'weigh' when 1 then 'produce' else 'backflush' end, n, n, n / 4, case when n % 4 = 1 then n / 4 else 1 end,
    n % 7 + 1, '2000-01-01', n / 4, n / 4
from generate_series(1, 400) n;
analyze demand;
analyze allocation;
analyze pending

-- :name clear_workspace
-- Empties the temporary tables for a second use within one transaction; the end of a transaction empties them anyway.
with d as (delete from demand), a as (delete from allocation) delete from pending

-- :name clear_pending
-- What is booked is not booked again.
delete from pending

-- :name lock_places
-- One transaction at a time decides about an item at a place, so that a shortage and the delivery that could settle it
-- cannot miss each other. Places share 256 locks, so that no batch can exhaust the server's lock table.
select pg_advisory_xact_lock(1, bucket)
from (
    select distinct (item * 31 + place) %% 256 as bucket
    from unnest(%(items)s::int[], %(places)s::int[]) as p (item, place)
    order by bucket
) b

-- :name demand_open_shortages
-- What waits at the given places comes before anything new, oldest first; says how much that is, and whether anybody has
-- claimed lots there.
with waiting as (
    insert into demand (shortage_id, kind, operation_id, equipment_id, item_id, location_id, to_id, lot_id, quantity, at)
    select s.id, s.kind, s.operation_id, s.equipment_id, s.item_id, s.location_id, s.to_id, s.lot_id, s.remaining,
        %(now)s
    from shortage s
    where s.settled_at is null
      and (s.item_id, s.location_id) in (select * from unnest(%(items)s::int[], %(places)s::int[]))
    order by s.since, s.id
    returning 1
)
select count(*), exists (
    select 1 from reservation r
    where r.remaining > 0 and (r.item_id, r.location_id) in (select * from unnest(%(items)s::int[], %(places)s::int[])))
from waiting

-- :name allocate_named_lots
-- Demand that only one lot will do (pieces already counted into it) takes that lot, beyond what was claimed of it.
insert into allocation (demand_id, lot_id, quantity)
with need as materialized (
    select d.id, d.item_id, d.location_id, d.lot_id, d.quantity - coalesce(c.taken, 0) as quantity
    from demand d
    left join (select demand_id, sum(quantity) as taken from allocation group by demand_id) c on c.demand_id = d.id
    where d.lot_id is not null and d.quantity > coalesce(c.taken, 0)
), taken as materialized (
    select d.location_id, x.lot_id, sum(x.quantity) as taken from allocation x join demand d on d.id = x.demand_id
    where exists (select 1 from need)
    group by d.location_id, x.lot_id
), free as (
    select b.item_id, b.location_id, b.lot_id, b.quantity - b.reserved - coalesce(a.taken, 0) as quantity
    from (select distinct item_id, location_id, lot_id from need) n
    join balance b using (item_id, location_id, lot_id)
    left join taken a using (location_id, lot_id)
)
select s.id, s.lot_id, least(s.upto, f.quantity) - (s.upto - s.quantity)
from (
    select n.*, sum(n.quantity) over (partition by n.item_id, n.location_id, n.lot_id order by n.id) as upto from need n
) s
join free f using (item_id, location_id, lot_id)
where f.quantity > s.upto - s.quantity

-- :name allocate_claimed_lots
-- What an operation has reserved at the place comes first, hard claims before soft ones, and leaves the reservation as it is
-- taken: the trigger lowers balance.reserved with it. Where the operation wants that very lot, the claim is for it alone.
with claim as materialized (
    select x.*, sum(x.remaining) over (
        partition by x.operation_id, x.item_id, x.location_id, x.only_lot order by x.hard desc, x.id) as upto
    from (
        select r.id, r.operation_id, r.item_id, r.location_id, r.lot_id, r.remaining, r.hard, (
            select max(d.lot_id) from demand d
            where d.operation_id = r.operation_id and d.item_id = r.item_id and d.location_id = r.location_id
              and d.lot_id = r.lot_id) as only_lot
        from reservation r
        join lot t on t.id = r.lot_id
        where r.remaining > 0 and t.status = 'available' and (t.expires_on is null or t.expires_on >= %(today)s)
          and (r.item_id, r.location_id, r.operation_id) in (
              select d.item_id, d.location_id, d.operation_id from demand d)
    ) x
), wanted as materialized (
    select d.id, d.operation_id, d.item_id, d.location_id, d.lot_id, d.quantity,
        sum(d.quantity) over (partition by d.operation_id, d.item_id, d.location_id, d.lot_id order by d.id) as upto
    from demand d
    where d.operation_id in (select operation_id from claim)
), taken as materialized (
    select w.id as demand_id, c.id as claim_id, c.lot_id,
        least(w.upto, c.upto) - greatest(w.upto - w.quantity, c.upto - c.remaining) as quantity
    from wanted w
    join claim c on c.operation_id = w.operation_id and c.item_id = w.item_id and c.location_id = w.location_id
        and c.only_lot is not distinct from w.lot_id
    where w.upto - w.quantity < c.upto and c.upto - c.remaining < w.upto
), used as (
    update reservation r
    set remaining = r.remaining - x.quantity,
        ended_at = case when r.remaining = x.quantity then %(now)s::timestamptz end
    from (select claim_id, sum(quantity) as quantity from taken group by claim_id) x
    where r.id = x.claim_id
)
insert into allocation (demand_id, lot_id, quantity)
select demand_id, lot_id, sum(quantity) from taken group by demand_id, lot_id

-- :name allocate_mounted_lots
-- The lots mounted at the consuming unit come next, in the order they were mounted. Demand and lots are laid side by
-- side as running sums, and what overlaps is taken.
insert into allocation (demand_id, lot_id, quantity)
with wanted as materialized (
    select n.*, sum(n.quantity) over (partition by n.item_id, n.location_id, n.equipment_id order by n.id) as upto
    from (
        select d.id, d.item_id, d.location_id, d.equipment_id, d.quantity - coalesce(c.taken, 0) as quantity
        from demand d
        left join (select demand_id, sum(quantity) as taken from allocation group by demand_id) c on c.demand_id = d.id
        where d.lot_id is null and d.quantity > coalesce(c.taken, 0)
    ) n
), taken as materialized (
    select x.lot_id, d.location_id, sum(x.quantity) as taken from allocation x join demand d on d.id = x.demand_id
    group by x.lot_id, d.location_id
), mounted as (
    select b.item_id, b.location_id, m.equipment_id, b.lot_id, m.id as mount_id,
        b.quantity - b.reserved - coalesce(a.taken, 0) as free
    from mounted_lot m
    join balance b on b.item_id = m.item_id and b.location_id = m.location_id and b.lot_id = m.lot_id
    join lot t on t.id = b.lot_id
    left join taken a on a.lot_id = b.lot_id and a.location_id = b.location_id
    where m.unmounted_at is null and (m.item_id, m.location_id) in (select item_id, location_id from wanted)
      and b.open and t.status = 'available' and (t.expires_on is null or t.expires_on >= %(today)s)
), offered as materialized (
    select x.*, sum(x.free) over (partition by x.item_id, x.location_id, x.equipment_id order by x.mount_id) as upto
    from mounted x where x.free > 0
)
select w.id, o.lot_id, least(w.upto, o.upto) - greatest(w.upto - w.quantity, o.upto - o.free)
from wanted w join offered o using (item_id, location_id, equipment_id)
where w.upto - w.quantity < o.upto and o.upto - o.free < w.upto

-- :name allocate_head_lots
-- The rest comes from lots that are mounted nowhere: first expired first out, then first in first out. Held and expired
-- lots are left alone. Mostly the first lot of a place has enough for all that is wanted there, and nothing of it is taken
-- yet: then it serves it all, and nobody has to look at the others.
insert into allocation (demand_id, lot_id, quantity)
select d.id, h.lot_id, d.quantity
from (
    select item_id, location_id, sum(quantity) as total
    from demand
    group by item_id, location_id
    having bool_and(lot_id is null)
) p
cross join lateral (
    select b.lot_id, b.quantity - b.reserved as free
    from balance b
    where b.item_id = p.item_id and b.location_id = p.location_id and b.open and b.physical and b.quantity > b.reserved
      and (b.expires_on is null or b.expires_on >= %(today)s)
      and (select t.status = 'available' from lot t where t.id = b.lot_id)
    order by b.expires_on, b.received_at, b.lot_id
    limit 1
) h
join demand d on d.item_id = p.item_id and d.location_id = p.location_id
where h.free >= p.total
  and not exists (select 1 from allocation)
  and not exists (
      select 1 from mounted_lot m
      where m.lot_id = h.lot_id and m.location_id = p.location_id and m.unmounted_at is null)

-- :name allocate_free_lots
-- Where the first lot is not enough, or some of it is taken: demand and lots are laid side by side as running sums, and
-- what overlaps is taken.
insert into allocation (demand_id, lot_id, quantity)
with need as materialized (
    select d.id, d.item_id, d.location_id, d.quantity - coalesce(a.taken, 0) as quantity
    from demand d
    left join (select demand_id, sum(quantity) as taken from allocation group by demand_id) a on a.demand_id = d.id
    where d.lot_id is null and d.quantity > coalesce(a.taken, 0)
), wanted as materialized (
    select n.*, sum(n.quantity) over (partition by n.item_id, n.location_id order by n.id) as upto from need n
), place as materialized (
    select item_id, location_id, sum(quantity) as total from need group by item_id, location_id
), taken as materialized (
    select x.lot_id, d.location_id, sum(x.quantity) as taken from allocation x join demand d on d.id = x.demand_id
    where exists (select 1 from place)
    group by x.lot_id, d.location_id
), offered as materialized ( -- only as many lots as the place needs
    select x.*
    from (
        select f.item_id, f.location_id, f.lot_id, f.quantity, f.total, sum(f.quantity) over (
            partition by f.item_id, f.location_id order by f.expires_on, f.received_at, f.lot_id) as upto
        from (
            select b.item_id, b.location_id, b.lot_id, b.quantity - b.reserved - coalesce(a.taken, 0) as quantity,
                b.expires_on, b.received_at, p.total
            from place p
            join balance b on b.item_id = p.item_id and b.location_id = p.location_id and b.open and b.physical
                and (b.expires_on is null or b.expires_on >= %(today)s)
            join lot t on t.id = b.lot_id and t.status = 'available'
            left join taken a on a.lot_id = b.lot_id and a.location_id = b.location_id
            where not exists (
                select 1 from mounted_lot m
                where m.lot_id = b.lot_id and m.location_id = b.location_id and m.unmounted_at is null)
        ) f
        where f.quantity > 0
    ) x
    where x.upto - x.quantity < x.total
)
select w.id, o.lot_id, least(w.upto, o.upto) - greatest(w.upto - w.quantity, o.upto - o.quantity)
from wanted w join offered o using (item_id, location_id)
where w.upto - w.quantity < o.upto and o.upto - o.quantity < w.upto

-- :name pend_allocated
-- What was allocated becomes postings.
insert into pending (kind, item_id, lot_id, from_id, to_id, quantity, at, operation_id, equipment_id)
select d.kind, d.item_id, a.lot_id, d.location_id, d.to_id, a.quantity, d.at, d.operation_id, d.equipment_id
from allocation a join demand d on d.id = a.demand_id

-- :name settle_shortages
-- Waiting consumption that found stock is settled, wholly or in part.
update shortage s
set remaining = s.remaining - a.taken,
    settled_at = case when s.remaining = a.taken then %(now)s::timestamptz end
from (
    select d.shortage_id, sum(x.quantity) as taken from allocation x join demand d on d.id = x.demand_id
    where d.shortage_id is not null group by d.shortage_id
) a
where s.id = a.shortage_id
returning s.equipment_id

-- :name leave_shortages
-- New demand that found no stock joins the entry that already waits for the same thing, or waits from now on.
with missing as materialized (
    select min(d.id) as id, d.kind, d.operation_id, d.equipment_id, d.item_id, d.location_id, d.to_id, d.lot_id,
        sum(d.quantity - coalesce(a.taken, 0)) as quantity, min(d.at) as at
    from demand d
    left join (select demand_id, sum(quantity) as taken from allocation group by demand_id) a on a.demand_id = d.id
    where d.shortage_id is null and d.quantity > coalesce(a.taken, 0)
    group by d.kind, d.operation_id, d.equipment_id, d.item_id, d.location_id, d.to_id, d.lot_id
), waiting as materialized (
    select x.id as missing_id, s.id as shortage_id
    from missing x
    join shortage s on s.settled_at is null and s.kind = x.kind and s.equipment_id = x.equipment_id
        and s.item_id = x.item_id and s.location_id = x.location_id
        and s.operation_id is not distinct from x.operation_id and s.lot_id is not distinct from x.lot_id
), grown as (
    update shortage s set quantity = s.quantity + x.quantity, remaining = s.remaining + x.quantity
    from waiting w join missing x on x.id = w.missing_id
    where s.id = w.shortage_id
)
insert into shortage (kind, operation_id, equipment_id, item_id, location_id, to_id, lot_id, quantity, remaining, since,
    ingest_id)
select x.kind, x.operation_id, x.equipment_id, x.item_id, x.location_id, x.to_id, x.lot_id, x.quantity, x.quantity, x.at,
    %(ingest_id)s::bigint
from missing x
where not exists (select 1 from waiting w where w.missing_id = x.id)
order by x.id

-- :name book_pending
-- The postings of this transaction, one row a lot and reason.
insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at, operation_id, equipment_id,
    ingest_id, command_id)
select kind, item_id, lot_id, from_id, to_id, sum(quantity), max(at), %(now)s, operation_id, equipment_id,
    %(ingest_id)s::bigint, %(command_id)s::uuid
from pending
group by kind, item_id, lot_id, from_id, to_id, operation_id, equipment_id

-- :name move_balances
-- Both sides of every posting, summed, in the house's one order of locks (the loop over the few changes keeps theirs). A
-- lot that comes to a location for the first time gets a balance there.
with change as materialized (
    select item_id, place, lot_id, sum(quantity) as quantity
    from (
        select item_id, to_id as place, lot_id, quantity from pending
        union all select item_id, from_id, lot_id, -quantity from pending
    ) p
    group by item_id, place, lot_id
    order by item_id, place, lot_id
), moved as (
    update balance b set quantity = b.quantity + c.quantity, open = b.quantity + c.quantity <> 0
    from change c
    where b.item_id = c.item_id and b.location_id = c.place and b.lot_id = c.lot_id
    returning b.item_id, b.location_id, b.lot_id, b.physical
), opened as (
    insert into balance as b (item_id, location_id, lot_id, quantity, physical, open)
    select c.item_id, c.place, c.lot_id, c.quantity, l.physical, c.quantity <> 0
    from change c
    join location l on l.id = c.place
    where (select count(*) from moved) < (select count(*) from change) and not exists (
        select 1 from moved m where m.item_id = c.item_id and m.location_id = c.place and m.lot_id = c.lot_id)
    order by c.item_id, c.place, c.lot_id
    on conflict (item_id, location_id, lot_id) do update
    set quantity = b.quantity + excluded.quantity, open = b.quantity + excluded.quantity <> 0
    returning b.item_id, b.location_id, b.physical
)
select item_id, location_id from moved where physical union select item_id, location_id from opened where physical

-- :name open_signals_at
-- Open signals of the given places, whose cards show what is on hand there.
select g.id from replenishment_signal g
join replenishment_loop p on p.id = g.loop_id
where g.state in ('raised', 'accepted', 'picked')
  and (p.item_id, p.location_id) in (select * from unnest(%(items)s::int[], %(places)s::int[]))
