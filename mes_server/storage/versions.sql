-- Versions of what people edit: a number of at most nine digits that another content gives another of; 0: not there.

-- :name person
-- A person, held until the transaction ends.
select ('x' || substr(md5(row(badge, name, roles, role_lines, language, active)::text), 1, 7))::bit(28)::integer
from person where badge = %(key)s for update

-- :name location
-- A location, held until the transaction ends.
select ('x' || substr(md5(row(location.*)::text), 1, 7))::bit(28)::integer
from location where code = %(key)s for update

-- :name item
-- An item, held until the transaction ends.
select ('x' || substr(md5(row(item.*)::text), 1, 7))::bit(28)::integer
from item where code = %(key)s for update

-- :name loop
-- A replenishment loop by `item@location`, held until the transaction ends.
select ('x' || substr(md5(row(replenishment_loop.*)::text), 1, 7))::bit(28)::integer
from replenishment_loop
where item_id = (select id from item where code = split_part(%(key)s, '@', 1))
    and location_id = (select id from location where code = split_part(%(key)s, '@', 2))
for update
