-- Who may do what: PINs, roles on certain lines, sign-ins and their failures, and tokens of programs.

-- The PIN as an Argon2id hash; null: the badge alone is enough, unless a role of the person demands a PIN.
alter table person add column pin_hash text;
-- Role -> equipment paths on which the person has it; a role that is not named here holds in the whole plant.
alter table person add column role_lines jsonb not null default '{}' check (jsonb_typeof(role_lines) = 'object');

-- Roles that nobody has without a PIN, as the server's settings say.
create table pin_role (
    role text primary key
);

-- Who signed in with a PIN, where, and until when commands in that name are taken from there.
create table sign_in (
    person_id integer not null references person,
    station text not null,
    token text not null,
    at timestamptz not null,
    until timestamptz not null,
    primary key (person_id, station, token)
);

-- Failed attempts, by badge and by station; bounded, the oldest go first.
create table sign_in_failure (
    kind text not null check (kind in ('badge', 'station')),
    name text not null,
    failures integer not null default 0,
    first_at timestamptz not null,
    last_at timestamptz not null,
    locked_until timestamptz,
    primary key (kind, name)
);
create index on sign_in_failure (last_at);

-- Tokens of programs: SHA-256 of a secret of 244 random bits, which nobody but its owner has.
create table api_token (
    id integer generated always as identity primary key,
    name text not null,
    scopes text[] not null check (cardinality(scopes) > 0),
    secret_hash bytea not null unique,
    hint text not null,
    created_at timestamptz not null,
    revoked_at timestamptz
);
create unique index one_live_token_per_name on api_token (name) where revoked_at is null;
