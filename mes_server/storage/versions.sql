-- Versions of what people edit: a number of at most nine digits that another content gives another of; 0: not there.

-- :name person
-- A person, held until the transaction ends.
select ('x' || substr(md5(row(badge, name, roles, role_lines, language, active)::text), 1, 7))::bit(28)::integer
from person where badge = %(key)s for update

-- :name location
-- A location, held until the transaction ends.
select ('x' || substr(md5(row(location.*)::text), 1, 7))::bit(28)::integer
from location where code = %(key)s for update

-- :name hold
-- One edit of a thing after the other, even while it is not there yet.
select pg_advisory_xact_lock(hashtextextended(%(thing)s || ' ' || %(key)s, 72))

-- :name lock_item
-- Holds an item until the transaction ends; facts that name it go on.
select id from item where code = %(key)s for no key update

-- :name item
-- An item with its further units.
select ('x' || substr(md5(row(item.*)::text || coalesce((
    select string_agg(row(unit, numerator, denominator)::text, ',' order by unit)
    from item_unit where item_id = item.id), '')), 1, 7))::bit(28)::integer
from item where code = %(key)s

-- :name lock_bill
-- Holds a bill by `item@revision` until the transaction ends.
select b.id from bill_of_material as b join item as i on i.id = b.item_id
where i.code = split_part(%(key)s, '@', 1) and b.revision = split_part(%(key)s, '@', 2) for no key update of b

-- :name bill
-- A bill by `item@revision`, with its components, substitutes and outputs.
select ('x' || substr(md5(row(b.base_quantity, b.valid_from, b.valid_until)::text
    || coalesce((select string_agg(c::text, ',' order by c.item_id) from bill_component as c where c.bill_id = b.id), '')
    || coalesce((select string_agg(s::text, ',' order by s.item_id, s.substitute_id)
        from bill_substitute as s where s.bill_id = b.id), '')
    || coalesce((select string_agg(o::text, ',' order by o.item_id) from bill_output as o where o.bill_id = b.id), '')
    ), 1, 7))::bit(28)::integer
from bill_of_material as b join item as i on i.id = b.item_id
where i.code = split_part(%(key)s, '@', 1) and b.revision = split_part(%(key)s, '@', 2)

-- :name loop
-- A replenishment loop by `item@location`, held until the transaction ends.
select ('x' || substr(md5(row(replenishment_loop.*)::text), 1, 7))::bit(28)::integer
from replenishment_loop
where item_id = (select id from item where code = split_part(%(key)s, '@', 1))
    and location_id = (select id from location where code = split_part(%(key)s, '@', 2))
for update
