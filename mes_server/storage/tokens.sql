-- :name by_hash
-- The live token with that hash.
select id, name, scopes, hint, created_at, revoked_at from api_token
where secret_hash = %(secret_hash)s and revoked_at is null

-- :name add
-- Registers a token; no row when a live one has the name.
insert into api_token (name, scopes, secret_hash, hint, created_at)
values (%(name)s, %(scopes)s, %(secret_hash)s, %(hint)s, %(now)s)
on conflict (name) where revoked_at is null do nothing
returning id, name, scopes, hint, created_at, revoked_at

-- :name revoke
-- Revokes a token; no row when no live one has that number.
update api_token set revoked_at = %(now)s where id = %(id)s and revoked_at is null
returning id, name, scopes, hint, created_at, revoked_at

-- :name list
-- Tokens by number, revoked ones too.
select id, name, scopes, hint, created_at, revoked_at from api_token where id > %(after)s order by id limit %(limit)s

-- :name name_of
-- The name of the token with that hash, revoked or not.
select name from api_token where secret_hash = %(secret_hash)s order by revoked_at is null desc limit 1
