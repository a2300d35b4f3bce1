-- Imports: files that people brought, how their columns were read, what was said of each row, and what each one changed.

create table import_mapping (
    source text not null,
    kind text not null,
    -- header as it stands in the file -> field, or null for a column that is left out
    columns jsonb not null,
    decimal_mark text not null default 'auto' check (decimal_mark in ('auto', '.', ',')),
    saved_at timestamptz not null,
    person_id integer references person,
    primary key (source, kind)
);

create table data_import (
    id integer generated always as identity primary key,
    kind text not null,
    source text not null,
    filename text not null,
    -- the file as it came, so that anybody can look at it later
    content bytea not null,
    sha256 text not null,
    format text not null,
    encoding text not null default '',
    delimiter text not null default '',
    sheet text not null default '',
    header jsonb not null,
    sample jsonb not null,
    columns jsonb not null,
    decimal_mark text not null default 'auto',
    rows integer not null,
    -- verdict -> how many rows, as of checked_at
    counts jsonb not null default '{}',
    state text not null default 'uploaded' check (state in ('uploaded', 'checked', 'committed', 'undone')),
    created_at timestamptz not null,
    created_by integer references person,
    token text not null default '',
    checked_at timestamptz,
    committed_at timestamptz,
    committed_by integer references person,
    undone_at timestamptz,
    undone_by integer references person
);

create table import_row (
    import_id integer not null references data_import on delete cascade,
    number integer not null,
    verdict text not null check (verdict in ('new', 'change', 'unchanged', 'error')),
    key text not null,
    given jsonb not null,
    changes jsonb not null,
    faults jsonb not null,
    primary key (import_id, number)
);

-- What a committed import did, to be taken back in reverse.
create table import_change (
    import_id integer not null references data_import,
    position integer not null,
    key text not null,
    before jsonb,
    after jsonb not null,
    primary key (import_id, position)
);
