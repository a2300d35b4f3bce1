-- The audit log, and the ledgers that nobody may change: neither a person nor a statement typed into the database.

create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    person_id integer references person,
    -- as it was given: refused badges belong to nobody
    badge text not null default '',
    token text not null default '',
    station text not null default '',
    address text not null default '',
    kind text not null,
    target text not null default '',
    reason text not null default '',
    outcome text not null check (outcome in ('done', 'refused')),
    -- type of the refusal, as clients get it
    refusal text not null default '',
    -- what a done command was given is kept with the command, once; what a refused one was given is kept here
    command_id uuid,
    given jsonb not null default '{}'
);
create index on audit (at);
create index on audit (person_id, id);
create index on audit (kind, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% of % is refused: it is append-only, correct it with a new entry', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end $$;

create trigger audit_is_append_only before update or delete or truncate on audit
    for each statement execute function refuse_change();
create trigger movement_is_append_only before update or delete or truncate on movement
    for each statement execute function refuse_change();
create trigger command_stays before delete or truncate on command
    for each statement execute function refuse_change();

-- A command gets its answer once, in the transaction that took its key.
create trigger command_is_answered_once before update on command
    for each row when (old.answer <> 'null' or row(old.id, old.kind, old.input_hash, old.given, old.person_id, old.at)
        is distinct from row(new.id, new.kind, new.input_hash, new.given, new.person_id, new.at))
    execute function refuse_change();
