-- Documents for the ERP system, cut from the ledger: each posting stands in exactly one of them.

create table erp_document (
    sequence bigint generated always as identity primary key,
    id uuid not null unique,
    kind text not null check (kind in ('production', 'receipt', 'inventory')),
    work_order text,
    operation smallint,
    created_at timestamptz not null,
    since timestamptz not null,
    until timestamptz not null,
    -- how many postings it stands for, and the sum of their quantities
    postings integer not null,
    quantity numeric(20, 6) not null,
    document jsonb not null,
    acknowledged_at timestamptz
);
create index on erp_document (work_order, sequence) where work_order is not null;

-- Postings above the mark that stand in a document already: transactions commit in another order than they count.
create table erp_posting (
    movement_id bigint primary key references movement,
    sequence bigint not null references erp_document
);

-- One row. Every posting up to `floor` stands in a document. `next_floor` becomes the floor when all transactions that
-- were open at `next_xid` have ended, so a posting that commits late is never passed over.
create table erp_cursor (
    id smallint primary key default 1 check (id = 1),
    floor bigint not null,
    next_floor bigint not null,
    next_xid xid8 not null
);
-- A plant that ran before begins with an empty outbox: what was booked so far went to the ERP system in other ways.
insert into erp_cursor (floor, next_floor, next_xid)
select coalesce(max(id), 0), coalesce(max(id), 0), pg_current_xact_id() from movement;
