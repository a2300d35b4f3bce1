-- Components that change while an order runs are stated from a machine time on: a late fact finds the statement of its time.
-- And what was measured stays measured, when later pieces are not.

alter table operation_component
    -- when the present statement began; null: with the release
    add column stated_at timestamptz,
    -- what was issued when it began
    add column issued_from numeric(18, 6) not null default 0,
    -- what was issued beyond the standard while earlier statements had it measured (negative: less): actual replaced
    -- standard there, so backflush leaves this difference alone
    add column settled numeric(18, 6) not null default 0;
alter table operation_component_past add column settled numeric(18, 6) not null default 0;

-- Earlier statements of an operation's components, in force during [from_at, until_at), and what was made meanwhile.
create table component_statement (
    id integer generated always as identity primary key,
    operation_id integer not null references work_order_operation,
    item_id integer not null references item,
    location_id integer not null references location,
    -- null: from the release on
    from_at timestamptz,
    until_at timestamptz not null,
    quantity numeric(18, 6) not null,
    base_quantity numeric(18, 6) not null,
    scrap_percent numeric(9, 4) not null,
    measured boolean not null,
    substitute_for integer references item,
    produced numeric(18, 6) not null
);
create index on component_statement (operation_id, until_at);

-- Facts that are as late as the last change of a component find what was used then; earlier changes are not known any more.
insert into component_statement (operation_id, item_id, location_id, until_at, quantity, base_quantity, scrap_percent,
    measured, substitute_for, produced)
select operation_id, item_id, location_id, ended_at, quantity, base_quantity, scrap_percent, measured, substitute_for,
    produced_until
from operation_component_past;
update operation_component as c
set stated_at = p.ended_at
from operation_component_past as p
where p.operation_id = c.operation_id and p.item_id = c.substitute_for and p.produced_until = c.produced_from;
update operation_component set issued_from = least(issued, standard_before) where measured and standard_before > 0;

-- The first change of an operation's components after a time, which tells the statements of that time; null: none.
create function changed_after(operation_ref integer, moment timestamptz) returns timestamptz language sql stable
    return (select min(s.until_at) from component_statement as s where s.operation_id = operation_ref and s.until_at > moment);

-- What orders still want of a component: what was measured before is settled.
create or replace function place_need(item_ref integer, place_ref integer) returns numeric language sql stable
    return (
        select coalesce(sum(component_wanted(w.quantity, o.good, o.produced, c.produced_from, c.standard_before, c.quantity,
            c.base_quantity, c.scrap_percent, c.issued - c.settled)), 0)
        from operation_component c
        join work_order_operation o on o.id = c.operation_id and o.state in ('running', 'allowed_to_start')
        join work_order w on w.id = o.work_order_id
        where c.item_id = item_ref and c.location_id = place_ref
    );
