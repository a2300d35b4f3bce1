-- What people changed on an order after it was created: what it was, what it became, who and why.
create table work_order_change (
    id integer generated always as identity primary key,
    work_order_id integer not null references work_order,
    operation_id integer references work_order_operation on delete set null,
    what text not null check (what in (
        'quantity', 'due_at', 'priority', 'over_percent', 'under_percent', 'unit', 'split', 'cancel', 'component', 'bill')),
    before text not null,
    after text not null,
    reason text not null,
    at timestamptz not null,
    person_id integer references person,
    command_id uuid not null
);
create index on work_order_change (work_order_id, id);
