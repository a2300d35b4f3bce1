-- :name above
-- A place and the places that it lies in, itself first.
with recursive up as (
    select id, code, kind, parent_id, 0 as level from location where code = %(code)s
    union all
    select l.id, l.code, l.kind, l.parent_id, up.level + 1
    from up join location as l on l.id = up.parent_id
    where up.level < 50
)
select code, kind from up order by level

-- :name uses
-- What keeps a place from being closed.
select
    (select coalesce(sum(abs(quantity)), 0) from balance where location_id = %(id)s and open) as stock,
    (select count(*) from location where parent_id = %(id)s and active) as open_places,
    (select count(*) from equipment where %(id)s in (line_side_id, output_id)) as units,
    (select count(*) from replenishment_loop where %(id)s in (location_id, source_id)) as loops

-- :name save
-- A place as it is from now on.
insert into location (code, name, kind, parent_id, active)
values (%(code)s, %(name)s, %(kind)s, (select id from location where code = %(parent)s), %(active)s)
on conflict (code) do update
set name = excluded.name, kind = excluded.kind, parent_id = excluded.parent_id, active = excluded.active
returning id

-- :name stock_places
-- Items that lie at a place, whose cards show its name.
select distinct item_id from balance where location_id = %(id)s and open

-- :name find
-- Places in order of their id, with what they lie in.
select l.id, l.code, l.name, l.kind, parent.code as parent, l.active
from location as l
left join location as parent on parent.id = l.parent_id
where l.physical and l.id > %(after)s
    and (%(code)s::text is null or l.code = %(code)s)
    and (%(kind)s::text is null or l.kind = %(kind)s)
    and (%(below)s::text is null or l.id in (select id from location_below(%(below)s)))
    and (%(active)s::boolean is null or l.active = %(active)s)
order by l.id
limit %(limit)s

-- :name parents
-- Every real place with its kind and the place that it lies in.
select l.code, l.kind, parent.code as parent
from location as l left join location as parent on parent.id = l.parent_id
where l.physical
