-- A webhook whose secret was exchanged signs with the earlier one too for a while, until its receiver knows the new one.

alter table webhook
    add column old_secret text,
    add column old_secret_until timestamptz,
    add check ((old_secret is null) = (old_secret_until is null));
