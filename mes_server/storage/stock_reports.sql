-- Stock as of any time, and what the ledger says about cover, turns, dead stock, expiry, ABC, stock-outs and variance.
-- Scrap places are not stock that can cover anything; quarantine is kept as stock, because it may be released.

-- :name as_of
-- Balances as of a time: what is there now, less what came since, plus what went since. What is summed (postings up to the
-- mark) counts by whole days from the midnight that is nearer, by whole hours between that midnight and the hour that is
-- nearer, and by single postings between that hour and the time.
with mark as materialized (
    select through from stock_day_mark
), edge as materialized (
    select x.midnight, least(x.midnight, x.whole) as first_hour, greatest(x.midnight, x.whole) as last_hour,
        case when x.whole < x.midnight then 1 else -1 end as hours_sign,
        case when x.whole > %(at)s then %(at)s::timestamptz + interval '1 microsecond' else x.whole end as low,
        case when x.whole > %(at)s then x.whole - interval '1 microsecond' else %(at)s::timestamptz end as high,
        case when x.whole > %(at)s then 1 else -1 end as sign
    from (
        select date_trunc('day', %(at)s::timestamptz + interval '12 hours', 'UTC') as midnight,
            date_trunc('hour', %(at)s::timestamptz + interval '30 minutes', 'UTC') as whole
    ) x
), moved as (
    select item_id, from_id, to_id, lot_id, quantity * (select sign from edge) as quantity
    from movement
    where at >= (select low from edge) and at <= (select high from edge) and id <= (select through from mark)
        and (%(item_id)s::integer is null or item_id = %(item_id)s)
    union all
    select m.item_id, m.from_id, m.to_id, m.lot_id, m.quantity
    from mark -- joined, as with a subquery processes were started to look for these few together
    join movement m on m.id > mark.through
    where m.at > %(at)s and (%(item_id)s::integer is null or m.item_id = %(item_id)s)
), since as (
    select item_id, place, lot_id, sum(quantity) as quantity
    from (
        select item_id, location_id as place, lot_id, quantity from stock_day
        where day >= (select midnight from edge) and (%(item_id)s::integer is null or item_id = %(item_id)s)
            and (physical or %(location_id)s::integer is not null)
        union all
        select item_id, location_id, lot_id, quantity * (select hours_sign from edge) from stock_hour
        where hour >= (select first_hour from edge) and hour < (select last_hour from edge)
            and (%(item_id)s::integer is null or item_id = %(item_id)s)
            and (physical or %(location_id)s::integer is not null)
        union all
        select item_id, to_id, lot_id, quantity from moved
        union all
        select item_id, from_id, lot_id, -quantity from moved
    ) as change
    where %(location_id)s::integer is null or place = %(location_id)s
    group by item_id, place, lot_id
)
select location.code as location, location.name as location_name, location.kind, item.code as item,
    item.name as item_name, item.unit, lot.code as lot, balance.quantity - coalesce(since.quantity, 0) as quantity,
    balance.item_id || '-' || balance.location_id || '-' || balance.lot_id as position
from balance
left join since on since.item_id = balance.item_id and since.place = balance.location_id
    and since.lot_id = balance.lot_id
join location on location.id = balance.location_id
join item on item.id = balance.item_id
join lot on lot.id = balance.lot_id
where balance.quantity <> coalesce(since.quantity, 0)
    and (%(item_id)s::integer is null or balance.item_id = %(item_id)s)
    and case when %(location_id)s::integer is null then balance.physical else balance.location_id = %(location_id)s end
    and (balance.item_id, balance.location_id, balance.lot_id)
        > (%(after_item)s::integer, %(after_location)s::integer, %(after_lot)s::integer)
order by balance.item_id, balance.location_id, balance.lot_id
limit %(limit)s

-- :name roll_up_stock
-- Sums postings by the day, so many ids at most; how many more it could take at once.
select roll_up_stock(%(most)s)

-- :name item_id
-- An item by its code.
select id from item where code = %(code)s

-- :name location_id
-- A location by its code.
select id from location where code = %(code)s

-- :name days_of_cover
-- What may be used of what is on hand, and for how many days it lasts at the pace of the window: consumed or shipped, less
-- what came back. An item that nobody consumed has no pace, and so no figure.
with used as (
    select m.item_id,
        sum(case when target.kind in ('consumption', 'customer') then m.quantity else -m.quantity end) as quantity
    from movement as m
    join location as origin on origin.id = m.from_id
    join location as target on target.id = m.to_id
    where m.at > %(since)s and m.at <= %(until)s
        and (origin.kind in ('consumption', 'customer')) <> (target.kind in ('consumption', 'customer'))
    group by m.item_id
), stock as (
    select balance.item_id, sum(balance.quantity) as quantity
    from balance
    join location on location.id = balance.location_id and location.kind not in ('scrap', 'quarantine')
    join lot on lot.id = balance.lot_id and lot.status = 'available'
    cross join site
    where (lot.expires_on is null or lot.expires_on >= (%(until)s::timestamptz at time zone site.time_zone)::date) and balance.physical and balance.open
    group by balance.item_id
)
select item.code as item, item.name as item_name, item.unit, coalesce(stock.quantity, 0) as on_hand,
    coalesce(used.quantity, 0) as consumed, round(coalesce(used.quantity, 0) / %(days)s, 6) as per_day,
    case when used.quantity > 0 then round(coalesce(stock.quantity, 0) * %(days)s / used.quantity, 2) end as days_of_cover
from item
left join stock on stock.item_id = item.id
left join used on used.item_id = item.id
where coalesce(stock.quantity, 0) <> 0 or coalesce(used.quantity, 0) <> 0
order by days_of_cover nulls last, item.code
limit %(limit)s offset %(offset)s

-- :name turns
-- Throughput over the mean stock of the window, each quantity weighted by how long it lay there.
with flow as (
    select m.item_id, m.at, origin.kind as from_kind, target.kind as to_kind, m.quantity,
        (case when target.physical and target.kind <> 'scrap' then m.quantity else 0 end)
            - (case when origin.physical and origin.kind <> 'scrap' then m.quantity else 0 end) as change
    from movement as m
    join location as origin on origin.id = m.from_id
    join location as target on target.id = m.to_id
    where m.at > %(since)s
), moved as (
    select item_id,
        sum(change) as since_start,
        coalesce(sum(change * extract(epoch from %(until)s - at)) filter (where at <= %(until)s), 0)
            / extract(epoch from %(until)s::timestamptz - %(since)s) as weighted,
        coalesce(sum(quantity) filter (where to_kind in ('consumption', 'customer') and at <= %(until)s), 0)
            - coalesce(sum(quantity) filter (where from_kind in ('consumption', 'customer') and at <= %(until)s), 0)
            as throughput
    from flow group by item_id
), stock as (
    select balance.item_id, sum(balance.quantity) as quantity
    from balance join location on location.id = balance.location_id and location.kind <> 'scrap'
    where balance.physical and balance.open
    group by balance.item_id
), mean as (
    select item.id, coalesce(moved.throughput, 0) as throughput,
        coalesce(stock.quantity, 0) - coalesce(moved.since_start, 0) as opening,
        coalesce(stock.quantity, 0) - coalesce(moved.since_start, 0) + coalesce(moved.weighted, 0) as average
    from item
    left join moved on moved.item_id = item.id
    left join stock on stock.item_id = item.id
)
select item.code as item, item.name as item_name, item.unit, mean.throughput, mean.opening,
    round(mean.average, 6) as average, round(mean.throughput * item.standard_cost, 2) as throughput_value,
    round(mean.average * item.standard_cost, 2) as average_value,
    case when mean.average > 0 then round(mean.throughput / mean.average, 4) end as turns
from mean join item on item.id = mean.id
where mean.throughput <> 0 or mean.average <> 0
order by turns nulls last, item.code
limit %(limit)s offset %(offset)s

-- :name dead_stock
-- What lies where nothing came or went for so long; counting and adjusting it uses none of it.
select item.code as item, item.name as item_name, item.unit, location.code as location, stock.quantity,
    round(stock.quantity * item.standard_cost, 2) as value, last.at as last_moved_at
from (
    select balance.item_id, balance.location_id, sum(balance.quantity) as quantity
    from balance where balance.physical and balance.open
    group by balance.item_id, balance.location_id
) as stock
join item on item.id = stock.item_id
join location on location.id = stock.location_id and location.kind <> 'scrap'
cross join lateral (
    select coalesce(max(m.at) filter (where m.kind not in ('count', 'adjust')), min(m.at)) as at from movement as m
    where m.item_id = stock.item_id and stock.location_id in (m.from_id, m.to_id)) as last
where last.at <= %(before)s and stock.quantity > 0
order by value desc, item.code, location.code
limit %(limit)s offset %(offset)s

-- :name expiry
-- Lots in stock whose date is near or past.
select item.code as item, item.name as item_name, item.unit, lot.code as lot, location.code as location,
    balance.quantity, round(balance.quantity * item.standard_cost, 2) as value, lot.status, lot.expires_on,
    lot.expires_on - %(today)s::date as days_left
from lot
join balance on balance.lot_id = lot.id and balance.item_id = lot.item_id and balance.open and balance.physical
join location on location.id = balance.location_id and location.kind <> 'scrap'
join item on item.id = lot.item_id
where lot.expires_on <= %(today)s::date + %(days)s::integer
order by lot.expires_on, item.code, lot.code, location.code
limit %(limit)s offset %(offset)s

-- :name abc
-- Items by what their consumption is worth, with the share of all that those before them make.
with used as (
    select m.item_id,
        sum(case when target.kind in ('consumption', 'customer') then m.quantity else -m.quantity end) as quantity
    from movement as m
    join location as origin on origin.id = m.from_id
    join location as target on target.id = m.to_id
    where m.at > %(since)s and m.at <= %(until)s
        and (origin.kind in ('consumption', 'customer')) <> (target.kind in ('consumption', 'customer'))
    group by m.item_id
), valued as (
    select item.id, item.code as item, item.name as item_name, item.unit, coalesce(used.quantity, 0) as consumed,
        item.standard_cost, round(coalesce(used.quantity, 0) * item.standard_cost, 2) as value
    from item left join used on used.item_id = item.id
), ranked as (
    select valued.*, sum(greatest(value, 0)) over () as total,
        sum(greatest(value, 0)) over (order by value desc, item rows between unbounded preceding and current row)
            - greatest(value, 0) as before
    from valued
)
select item, item_name, unit, consumed, standard_cost, value,
    case when total > 0 then round(100 * (before + greatest(value, 0)) / total, 2) end as cumulative_percent,
    case when total <= 0 or value <= 0 then 'C' when before < total * %(a_percent)s / 100 then 'A'
        when before < total * %(b_percent)s / 100 then 'B' else 'C' end as abc_class
from ranked
order by value desc, item
limit %(limit)s offset %(offset)s

-- :name stock_outs
-- Times during which a line-side place with a loop was empty, or consumption waited there: what overlaps is one time. One
-- that reaches into the window is told whole, from when the place was emptied.
with place as (
    select distinct loop.item_id, loop.location_id
    from replenishment_loop as loop join location on location.id = loop.location_id and location.kind = 'line_side'
), opening as (
    select place.*, coalesce((
            select sum(b.quantity) from balance as b
            where b.item_id = place.item_id and b.location_id = place.location_id), 0)
        - coalesce((
            select sum(case when m.to_id = place.location_id then m.quantity else -m.quantity end) from movement as m
            where m.item_id = place.item_id and place.location_id in (m.from_id, m.to_id) and m.at > %(since)s), 0)
            as quantity
    from place
), flow as (
    select o.item_id, o.location_id, m.at,
        o.quantity + sum(sum(case when m.to_id = o.location_id then m.quantity else -m.quantity end))
            over (partition by o.item_id, o.location_id order by m.at) as level
    from opening as o
    join movement as m on m.item_id = o.item_id and o.location_id in (m.from_id, m.to_id)
        and m.at > %(since)s and m.at <= %(until)s
    group by o.item_id, o.location_id, o.quantity, m.at
), before as ( -- what was empty when the window began, since the last posting before it
    select o.item_id, o.location_id, o.quantity as level, max(m.at) as at
    from opening as o
    join movement as m on m.item_id = o.item_id and o.location_id in (m.from_id, m.to_id) and m.at <= %(since)s
    group by o.item_id, o.location_id, o.quantity
), levels as (
    select item_id, location_id, at, level,
        coalesce(lead(at) over (partition by item_id, location_id order by at), %(until)s) as ends
    from (
        select item_id, location_id, at, level from before union all select item_id, location_id, at, level from flow) x
), out_of as (
    select item_id, location_id, tstzrange(at, ends, '[)') as during from levels where level <= 0
    union all
    select s.item_id, s.location_id,
        tstzrange(s.since, greatest(s.since, least(coalesce(s.settled_at, %(until)s), %(until)s)), '[]')
    from shortage as s join place using (item_id, location_id)
    where s.since <= %(until)s and coalesce(s.settled_at, %(until)s) > %(since)s and s.kind <> 'scrap'
), episode as (
    select item_id, location_id, unnest(range_agg(during)) as during
    from out_of where not isempty(during) group by item_id, location_id
), reaching as (
    select * from episode where upper(during) > %(since)s
)
select to_char(date_trunc('month', lower(during) at time zone site.time_zone), 'YYYY-MM') as month, item.code as item,
    item.name as item_name, location.code as location, lower(during) as since,
    nullif(upper(during), %(until)s) as until,
    round(extract(epoch from upper(during) - lower(during)) / 60, 1) as minutes
from reaching
join item on item.id = reaching.item_id
join location on location.id = reaching.location_id
cross join site
order by lower(during), item.code, location.code
limit %(limit)s offset %(offset)s

-- :name consumption_variance
-- Components of orders: standard for what was produced, what was really taken or waits to be booked, and the difference.
with chosen as (
    select o.id, o.number as operation, o.produced, w.number as order, o.ended_at
    from work_order_operation as o join work_order as w on w.id = o.work_order_id
    where case when %(order)s::text is not null then w.number = %(order)s
        else o.ended_at > %(since)s and o.ended_at <= %(until)s end
), actual as (
    select x.operation_id, x.item_id, sum(x.booked) as booked, sum(x.waiting) as waiting
    from (
        select m.operation_id, m.item_id,
            case when target.kind = 'consumption' then m.quantity else -m.quantity end as booked, 0 as waiting
        from chosen
        join movement as m on m.operation_id = chosen.id
        join location as origin on origin.id = m.from_id
        join location as target on target.id = m.to_id
        where 'consumption' in (origin.kind, target.kind)
        union all
        select s.operation_id, s.item_id, 0, s.remaining
        from chosen
        join shortage as s on s.operation_id = chosen.id and s.settled_at is null and s.kind <> 'scrap'
    ) as x
    group by x.operation_id, x.item_id
), standard as (
    select c.operation_id, c.item_id, component_due(
        chosen.produced, c.produced_from, c.standard_before, c.quantity, c.base_quantity, c.scrap_percent) as quantity
    from chosen join operation_component as c on c.operation_id = chosen.id
    union all
    select p.operation_id, p.item_id, p.standard
    from chosen join operation_component_past as p on p.operation_id = chosen.id
)
select chosen.order, chosen.operation, chosen.produced, item.code as item, item.name as item_name, item.unit,
    coalesce(standard.quantity, 0) as standard, coalesce(actual.booked, 0) as booked,
    coalesce(actual.waiting, 0) as waiting, coalesce(actual.booked, 0) + coalesce(actual.waiting, 0) as actual,
    coalesce(actual.booked, 0) + coalesce(actual.waiting, 0) - coalesce(standard.quantity, 0) as variance,
    item.standard_cost, round((coalesce(actual.booked, 0) + coalesce(actual.waiting, 0)
        - coalesce(standard.quantity, 0)) * item.standard_cost, 2) as variance_value
from standard
full join actual on actual.operation_id = standard.operation_id and actual.item_id = standard.item_id
join chosen on chosen.id = coalesce(standard.operation_id, actual.operation_id)
join item on item.id = coalesce(standard.item_id, actual.item_id)
order by chosen.order, chosen.operation, item.code
limit %(limit)s offset %(offset)s
