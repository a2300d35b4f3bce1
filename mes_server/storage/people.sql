-- :name by_badge
-- The active person with a badge; a PIN is needed where there is one, or where a role demands it.
select id, badge, name, roles, language, role_lines, pin_hash,
    pin_hash is not null or exists (select 1 from pin_role where pin_role.role = any(person.roles)) as needs_pin
from person where badge = %(badge)s and active

-- :name list
-- People by badge; PINs are not told.
select id, badge, name, roles, language, role_lines, active, pin_hash is not null as has_pin
from person where badge > %(after)s order by badge limit %(limit)s

-- :name save
-- Registers a person, or brings a known one to what is given; the PIN stays. Gives a row where something changed.
insert into person (badge, name, roles, role_lines, language, active)
values (%(badge)s, %(name)s, %(roles)s, %(role_lines)s, %(language)s, %(active)s)
on conflict (badge) do update
set name = excluded.name, roles = excluded.roles, role_lines = excluded.role_lines, language = excluded.language,
    active = excluded.active
returning id

-- :name set_pin
-- Gives a person another PIN, or none.
update person set pin_hash = %(pin_hash)s where badge = %(badge)s returning id

-- :name sign_out
-- Ends every sign-in of a person, after a change of rights or PIN.
delete from sign_in where person_id = %(person_id)s

-- :name drop_pin_roles
-- Roles that demand no PIN any more.
delete from pin_role where not role = any(%(roles)s)

-- :name add_pin_roles
-- Roles that demand a PIN from now on.
insert into pin_role (role) select unnest(%(roles)s::text[]) on conflict do nothing

-- :name unknown_lines
-- Which of these paths is no equipment.
select path from unnest(%(paths)s::text[]) as given (path)
where path not in (select path from equipment) order by path

-- :name is_last_administrator
-- Whether a person is an administrator of the whole plant, and nobody else is.
select exists (select 1 from person where badge = %(badge)s and active and 'admin' = any(roles)
        and not role_lines ? 'admin')
    and not exists (select 1 from person where badge <> %(badge)s and active and 'admin' = any(roles)
        and not role_lines ? 'admin')
