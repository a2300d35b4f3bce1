-- Facts of a time before components of their order changed: they find what was used then. All of it works on `tally`,
-- whose `changed_at` names the first change after the fact.

-- :name weigh_what_is_used
-- A scale that weighs a component weighs what stands in its place, where and while something does.
update tally as t set item_id = used.item_id
from (
    select operation_id, item_id, substitute_for, stated_at as from_at, null::timestamptz as until_at
    from operation_component
    where substitute_for is not null and operation_id in (select operation_id from tally)
    union all
    select operation_id, item_id, substitute_for, from_at, until_at
    from component_statement
    where substitute_for is not null and operation_id in (select operation_id from tally)
) as used
where t.item_id is not null and used.operation_id = t.operation_id and used.substitute_for = t.item_id
    and case when t.changed_at is null then used.until_at is null
        else (used.from_at is null or used.from_at < t.changed_at)
            and (used.until_at is null or used.until_at >= t.changed_at) end

-- :name places
-- Where late facts may consume what was used then.
select distinct s.item_id, s.location_id
from component_statement as s
where s.operation_id in (select operation_id from tally where changed_at is not null)

-- :name demand_late
-- Pieces of earlier statements count there: the present ones begin so much later, and what nobody measured then is
-- consumed by the standard of that time.
with late as materialized (
    select t.operation_id, t.changed_at, max(t.equipment_id) as equipment_id, max(t.last_at) as last_at,
        sum(t.good + t.scrap) as quantity
    from tally as t
    where t.changed_at is not null and t.operation_id is not null and t.item_id is null
    group by t.operation_id, t.changed_at
    having sum(t.good + t.scrap) <> 0
), grown as (
    update component_statement as s set produced = s.produced + l.quantity
    from (
        select s.id, sum(late.quantity) as quantity
        from late
        join component_statement as s on s.operation_id = late.operation_id and s.until_at >= late.changed_at
            and (s.from_at is null or s.from_at < late.changed_at)
        group by s.id
    ) as l
    where s.id = l.id
    returning s.operation_id, s.item_id, s.measured,
        component_due(s.produced, 0, 0, s.quantity, s.base_quantity, s.scrap_percent)
            - component_due(s.produced - l.quantity, 0, 0, s.quantity, s.base_quantity, s.scrap_percent) as standard
), gained as materialized (
    select operation_id, item_id, sum(standard) as standard, coalesce(sum(standard) filter (where measured), 0) as measured
    from grown group by operation_id, item_id
), shifted as (
    select c.operation_id, c.item_id, coalesce(g.standard, 0) as standard, coalesce(g.measured, 0) as measured,
        coalesce((select sum(late.quantity) from late
            where late.operation_id = c.operation_id and late.changed_at <= c.stated_at), 0) as pieces,
        -- in use but measured now: what its unmeasured times still want; else the backflush of this batch sees to it
        case when c.measured and g.standard > g.measured then greatest(
            c.standard_before + g.standard - c.issued_from + c.settled - g.measured, 0) else 0 end as due
    from operation_component as c
    left join gained as g using (operation_id, item_id)
    where c.operation_id in (select operation_id from late)
), present as (
    update operation_component as c
    set produced_from = c.produced_from + x.pieces, standard_before = c.standard_before + x.standard,
        settled = c.settled - x.measured, issued = c.issued + x.due, issued_from = c.issued_from + x.due
    from shifted as x
    where c.operation_id = x.operation_id and c.item_id = x.item_id
    returning c.operation_id, c.item_id, c.location_id, c.lot_id, x.due
), ended as (
    select p.operation_id, p.item_id, coalesce(g.standard, 0) as standard, coalesce(g.measured, 0) as measured,
        coalesce((select sum(late.quantity) from late
            where late.operation_id = p.operation_id and late.changed_at <= p.ended_at), 0) as pieces,
        case when g.standard > g.measured then greatest(
            p.standard + g.standard - p.issued + p.settled - g.measured, 0) else 0 end as due
    from operation_component_past as p
    left join gained as g using (operation_id, item_id)
    where p.operation_id in (select operation_id from late)
), past as (
    update operation_component_past as p
    set produced_until = p.produced_until + x.pieces, standard = p.standard + x.standard, settled = p.settled - x.measured,
        issued = p.issued + x.due
    from ended as x
    where p.operation_id = x.operation_id and p.item_id = x.item_id
    returning p.operation_id, p.item_id, p.location_id, p.lot_id, x.due
)
insert into demand (kind, operation_id, equipment_id, item_id, location_id, to_id, lot_id, quantity, at)
select 'backflush', d.operation_id, fact.equipment_id, d.item_id, d.location_id, account.id, d.lot_id, d.due, fact.last_at
from (select * from present union all select * from past) as d
join (select operation_id, max(equipment_id) as equipment_id, max(last_at) as last_at from late group by operation_id)
    as fact using (operation_id)
join location as account on account.code = 'CONSUMPTION'
where d.due > 0
order by d.operation_id, d.item_id

-- :name settle_late
-- What was weighed in an earlier time is issued of that time; where it was measured then, that settles it.
with late as materialized (
    select t.operation_id, t.item_id, t.changed_at, sum(t.used) as quantity
    from tally as t
    where t.changed_at is not null and t.operation_id is not null and t.item_id is not null
    group by t.operation_id, t.item_id, t.changed_at
), told as materialized (
    select late.operation_id, late.item_id, late.changed_at, late.quantity, coalesce((
        select bool_or(s.measured) from component_statement as s
        where s.operation_id = late.operation_id and s.item_id = late.item_id and s.until_at >= late.changed_at
            and (s.from_at is null or s.from_at < late.changed_at)), false) as measured
    from late
), past as (
    update operation_component_past as p set settled = p.settled + x.quantity
    from (select operation_id, item_id, sum(quantity) as quantity from told where measured group by 1, 2) as x
    where p.operation_id = x.operation_id and p.item_id = x.item_id
)
update operation_component as c
set issued_from = c.issued_from + x.quantity, settled = c.settled + x.measured
from (
    select told.operation_id, told.item_id, sum(told.quantity) as quantity,
        coalesce(sum(told.quantity) filter (where told.measured), 0) as measured
    from told
    join operation_component as c on c.operation_id = told.operation_id and c.item_id = told.item_id
        and c.stated_at >= told.changed_at
    group by told.operation_id, told.item_id
) as x
where c.operation_id = x.operation_id and c.item_id = x.item_id
