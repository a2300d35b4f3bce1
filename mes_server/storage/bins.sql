-- :name near
-- Bins in the same store as a place (all bins, when it is in none), and what lies there.
with recursive up as (
    select id, parent_id, 0 as level from location where id = %(location_id)s
    union all
    select parent.id, parent.parent_id, up.level + 1
    from up join location as parent on parent.id = up.parent_id and parent.kind <> 'site'
    where up.level < 20
), down as (
    select id from up where parent_id is null or not exists (select 1 from up as above where above.level = up.level + 1)
    union
    select child.id from down join location as child on child.parent_id = down.id
)
select bin.code, bin.name,
    exists (
        select 1 from balance as b
        where b.location_id = bin.id and b.item_id = %(item_id)s and b.lot_id = %(lot_id)s and b.open) as has_lot,
    exists (select 1 from balance as b where b.location_id = bin.id and b.item_id = %(item_id)s and b.open) as has_item,
    not exists (select 1 from balance as b where b.location_id = bin.id and b.open) as empty
from location as bin
where bin.kind = 'bin' and bin.active and bin.id <> %(location_id)s
    and (bin.id in (select id from down)
        or not exists (select 1 from location as below where below.kind = 'bin' and below.id in (select id from down)))
order by has_lot desc, has_item desc, empty desc, bin.code
limit 50
