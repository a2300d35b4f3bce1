-- :name tables
-- Tables whose rows a backup carries.
select relname from pg_class
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
    and relname not in ('feed_event', 'sign_in')
order by relname

-- :name anything_there
-- Whether a database holds anything of anybody: tables, views or functions that no extension brought.
select exists (
    select 1 from pg_class where relnamespace = 'public'::regnamespace
        and not exists (select 1 from pg_depend where objid = pg_class.oid and deptype = 'e')
    union all
    select 1 from pg_proc where pronamespace = 'public'::regnamespace
        and not exists (select 1 from pg_depend where objid = pg_proc.oid and deptype = 'e'))

-- :name ledger
-- Sums and digests of the ledger and its balances; a digest does not depend on the order of rows.
select
    (select count(*) from movement) as movements,
    (select coalesce(max(id), 0) from movement) as last_movement,
    (select coalesce(sum(quantity), 0)::text from movement) as moved,
    (select coalesce(sum(hashtextextended(concat_ws('|', id, kind, item_id, lot_id, from_id, to_id, quantity, at), 0)), 0)::text
     from movement) as movement_digest,
    (select coalesce(sum(quantity) filter (where physical), 0)::text from balance) as on_hand,
    (select coalesce(sum(reserved), 0)::text from balance) as reserved,
    (select coalesce(sum(hashtextextended(concat_ws('|', item_id, location_id, lot_id, quantity, reserved), 0)), 0)::text
     from balance where quantity <> 0 or reserved <> 0) as balance_digest

-- :name sources
-- How far each agent's facts are committed.
select agent, outbox_epoch, through from source order by agent, outbox_epoch

-- :name invariants
-- Rows that break the rules of the ledger, each of which must be none.
with posted as (
    select item_id, place, lot_id, sum(quantity) as quantity from (
        select item_id, to_id as place, lot_id, quantity from movement
        union all select item_id, from_id, lot_id, -quantity from movement) m
    group by 1, 2, 3)
select
    (select count(*) from balance b
     full join posted p on p.item_id = b.item_id and p.place = b.location_id and p.lot_id = b.lot_id
     where coalesce(b.quantity, 0) <> coalesce(p.quantity, 0)) as balances_that_differ_from_their_postings,
    (select count(*) from (select 1 from balance group by item_id, lot_id having sum(quantity) <> 0) u)
        as lots_whose_accounts_do_not_sum_to_zero,
    (select count(*) from balance where physical and (quantity < 0 or reserved < 0 or reserved > quantity))
        as places_below_zero_or_over_reserved

-- :name claims_there
-- Whether the schema knows everybody who may reserve; databases of first versions do not.
select to_regclass('reservation') is not null and to_regclass('replenishment_pick') is not null and to_regclass('shipment') is not null

-- :name claims
-- Reserved amounts that differ from what is claimed, which must be none either.
with claimed as (
    select item_id, place, lot_id, sum(quantity) as quantity from (
        select item_id, location_id as place, lot_id, remaining as quantity from reservation where remaining > 0
        union all
        select p.item_id, k.location_id, k.lot_id, k.quantity
        from replenishment_pick k
        join replenishment_signal g on g.id = k.signal_id and g.state = 'picked'
        join replenishment_loop p on p.id = g.loop_id
        union all
        select item_id, transit_id, lot_id, quantity - received - turned_back from shipment where closed_at is null) c
    group by 1, 2, 3)
select (select count(*) from balance b
    full join claimed c on c.item_id = b.item_id and c.place = b.location_id and c.lot_id = b.lot_id
    where coalesce(b.reserved, 0) <> coalesce(c.quantity, 0)) as reserved_amounts_that_nobody_claims_so

-- :name mark_feed
-- A restored database begins its feed anew: readers with a position from before take a new snapshot.
insert into feed_event (topic, ref, at) values ('unit', 0, %(now)s)

-- :name versions
-- What the database runs on.
select current_setting('server_version_num')::integer / 10000 as major,
    exists (select 1 from pg_extension where extname = 'timescaledb') as timescale
