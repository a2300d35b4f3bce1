-- Places as a tree that people tend, shipments between them, and what an item is besides its unit.

alter table location add column active boolean not null default true;

-- A site groups stores; it holds no stock itself. Kinds that other files added stay.
do $$
declare
    kinds text;
begin
    select string_agg(distinct quote_literal(kind), ', ') into kinds
    from (
        select word[1] as kind
        from pg_constraint as c, regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''', 'g') as word
        where c.conrelid = 'location'::regclass and c.conname = 'location_kind_check'
        union values ('site')
    ) as known;
    alter table location drop constraint location_kind_check;
    execute 'alter table location add constraint location_kind_check check (kind in (' || kinds || '))';
end $$;
create index on location (parent_id);

-- A place and all places below it.
create function location_below(place_code text) returns table (id integer) language sql stable as $$
    with recursive below as (
        select l.id from location as l where l.code = place_code
        union
        select l.id from below join location as l on l.parent_id = below.id
    )
    select below.id from below
$$;

alter table item
    add column item_class text not null default '',
    add column abc_class text check (abc_class in ('A', 'B', 'C')),
    -- GTIN-14, as GS1 labels name the item
    add column gtin text unique check (gtin ~ '^\d{14}$'),
    -- each piece has a number of its own
    add column serialised boolean not null default false;

-- Stock on its way: sent from a place, not yet received at another. What is open is reserved at the transit place.
create table shipment (
    id integer generated always as identity primary key,
    item_id integer not null references item,
    lot_id integer not null references lot,
    from_id integer not null references location,
    transit_id integer not null references location,
    to_id integer not null references location,
    quantity numeric(18, 6) not null check (quantity > 0),
    received numeric(18, 6) not null default 0 check (received >= 0),
    turned_back numeric(18, 6) not null default 0 check (turned_back >= 0),
    sent_at timestamptz not null,
    sent_by integer references person,
    closed_at timestamptz,
    check (received + turned_back <= quantity),
    check ((closed_at is not null) = (received + turned_back = quantity))
);
create index open_shipment on shipment (id) where closed_at is null;
