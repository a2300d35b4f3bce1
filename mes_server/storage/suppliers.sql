-- Suppliers.

-- :name find
-- Suppliers by code.
select id, code, name, active from supplier where code > %(after)s and (%(code)s::text is null or code = %(code)s)
order by code limit %(limit)s

-- :name save
-- A supplier is made or renamed.
insert into supplier (code, name, active) values (%(code)s, %(name)s, %(active)s)
on conflict (code) do update set name = excluded.name, active = excluded.active
returning id
