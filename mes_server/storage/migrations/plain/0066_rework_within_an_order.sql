-- Pieces that an operation set aside for rework come back to it, good or given up; nothing is produced by that.
create table rework_report (
    id integer generated always as identity primary key,
    operation_id integer not null references work_order_operation,
    good numeric(18, 6) not null default 0 check (good >= 0),
    scrap numeric(18, 6) not null default 0 check (scrap >= 0),
    reason text not null,
    at timestamptz not null,
    person_id integer references person,
    command_id uuid not null,
    check (good > 0 or scrap > 0)
);
create index on rework_report (operation_id);
