-- :name create
-- A work order; no row when its number is taken.
insert into work_order (number, item_id, quantity, due_at, priority, over_percent, over_unlimited, under_percent,
    under_unlimited, created_at)
values (%(number)s, %(item_id)s, %(quantity)s, %(due_at)s, %(priority)s, coalesce(%(over_percent)s, 0),
    %(over_percent)s::numeric is null, coalesce(%(under_percent)s, 0), %(under_percent)s::numeric is null, %(now)s)
on conflict (number) do nothing
returning id

-- :name create_operation
-- Its one operation, on one unit.
insert into work_order_operation (work_order_id, number, equipment_id)
values (%(work_order_id)s, %(operation)s, %(equipment_id)s)
returning id

-- :name find_item
-- An item by its code.
select id, code, name, unit, procurement from item where code = %(code)s

-- :name id_of
-- Id of an order.
select id from work_order where number = %(number)s

-- :name lock_order
-- One command of a person on an order at a time; what it was at is its version before. Nothing else locks this row.
update work_order set version = version + 1 where number = %(number)s returning id

-- :name version
-- The version of an order, locked for the command that means to change it.
select version from work_order where number = %(number)s for no key update

-- :name lock_operations
-- Every operation of the order, locked until the transaction ends in the order in which facts lock them.
select count(*) from (
    select 1 from work_order_operation where work_order_id = %(order_id)s order by id for no key update
) as locked

-- :name operations
-- The operations of an order, in the order in which they are done, with what decisions about them need.
select o.id, w.id as order_id, w.number, o.number as operation, o.state, o.good, o.scrap, o.rework, o.output_lot_id,
    w.quantity as target, w.item_id, item.code as item, o.equipment_id, unit.path as equipment,
    unit.name as equipment_name, unit.line_side_id, unit.output_id, o.yields, o.outsourced, w.routed,
    case when not w.over_unlimited then w.over_percent end as over_percent,
    case when not w.under_unlimited then w.under_percent end as under_percent,
    lag(o.good) over route as upstream_good, o.sent_out,
    coalesce(lead(greatest(o.produced, o.sent_out)) over route, 0) as passed_on,
    lead(o.id) over route as next_id, w.due_at, w.priority
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
join item on item.id = w.item_id
join equipment as unit on unit.id = o.equipment_id
where w.id = %(order_id)s
window route as (partition by w.id order by o.number)
order by o.number

-- :name next_of
-- The operation that works on what another one made.
select after.id
from work_order_operation as o
join work_order_operation as after on after.work_order_id = o.work_order_id and after.number > o.number
where o.id = %(operation_id)s
order by after.number
limit 1

-- :name set_state
-- The operation's new state, with the time of the change where it is a first or a last.
update work_order_operation
set state = %(state)s,
    released_at = case when %(state)s = 'allowed_to_start' then %(at)s else released_at end,
    started_at = case when %(state)s = 'running' then coalesce(started_at, %(at)s) else started_at end,
    ended_at = case when %(state)s in ('completed', 'aborted') then %(at)s else ended_at end,
    ended_short_reason = coalesce(nullif(%(short_reason)s, ''), ended_short_reason),
    version = version + 1
where id = %(operation_id)s

-- :name set_output_lot
-- The lot that the operation's good pieces go into: made by the order, and named like it.
with made as (
    insert into lot (item_id, code, received_at) values (%(item_id)s, %(number)s, %(now)s)
    on conflict (item_id, code) do update set code = excluded.code
    returning id
)
update work_order_operation set output_lot_id = made.id from made where work_order_operation.id = %(operation_id)s

-- :name freeze_bill
-- Copies the item's bill in force onto the order's operations, so that later changes of the bill do not touch them.
insert into operation_component (operation_id, item_id, location_id, quantity, base_quantity, scrap_percent, measured)
select o.id, c.item_id, c.location_id, c.quantity, c.base_quantity, c.scrap_percent, c.measured
from work_order_operation as o cross join lateral planned_components(o.id, %(day)s) as c
where o.work_order_id = %(order_id)s
returning item_id

-- :name note_bill
-- Says on the order which revision of the bill was frozen.
update work_order as w
set bill_revision = (select bill.revision from bill_of_material as bill where bill.id = bill_in_force(w.item_id, %(day)s))
where w.id = %(order_id)s

-- :name unit_of
-- The unit on which an operation runs; it changes only before it starts, under the lock of its order.
select o.equipment_id
from work_order_operation as o join work_order as w on w.id = o.work_order_id
where w.number = %(number)s and o.number = %(operation)s

-- :name running_on
-- The order that runs on a unit.
select w.number
from work_order_operation as o join work_order as w on w.id = o.work_order_id
where o.equipment_id = %(equipment_id)s and o.state = 'running'

-- :name last_run_end
-- When the unit's latest finished run ended, by machine time.
select max(ended_at) from operation_run where equipment_id = %(equipment_id)s

-- :name open_run_start
-- When the operation's open run began.
select started_at from operation_run where operation_id = %(operation_id)s and ended_at is null

-- :name open_run
-- The operation runs on its unit from now on, by machine time; keeps what the counters said.
insert into operation_run (operation_id, equipment_id, started_at, totals_at_start)
select %(operation_id)s, %(equipment_id)s, %(at)s, coalesce(jsonb_object_agg(signal.name, signal_total.total)
    filter (where signal.id is not null), '{}')
from (select 1) as always
left join signal on signal.equipment_id = %(equipment_id)s
    and exists (select 1 from signal_total where signal_total.signal_id = signal.id)
left join signal_total on signal_total.signal_id = signal.id

-- :name close_run
-- The operation's run ends, by machine time.
update operation_run
set ended_at = %(at)s,
    totals_at_end = (
        select coalesce(jsonb_object_agg(signal.name, signal_total.total), '{}')
        from signal join signal_total on signal_total.signal_id = signal.id
        where signal.equipment_id = operation_run.equipment_id)
where operation_id = %(operation_id)s and ended_at is null

-- :name reclassify
-- Moves pieces from good to scrap or rework; what was produced stays.
update work_order_operation
set good = good - %(quantity)s,
    scrap = scrap + case when %(disposition)s = 'scrap' then %(quantity)s else 0 end,
    rework = rework + case when %(disposition)s = 'rework' then %(quantity)s else 0 end,
    version = version + 1
where id = %(operation_id)s

-- :name find_operation
-- Id of one operation.
select o.id from work_order_operation as o join work_order as w on w.id = o.work_order_id
where w.number = %(number)s and o.number = %(operation)s

-- :name find_operations
-- Operations by state, unit and number, in the order in which they should run.
select o.id
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
join equipment as unit on unit.id = o.equipment_id
where (%(states)s::text[] is null or o.state = any (%(states)s))
    and (%(equipment)s::text is null or unit.path = %(equipment)s or unit.path like %(below)s)
    and (%(number)s::text is null or w.number = %(number)s)
    and o.id > %(after)s
order by o.id
limit %(limit)s

-- :name queue
-- Operations that may run at a unit, running ones first, then by priority and due date.
select o.id, w.number, o.number as operation, o.state, o.good, o.scrap, o.rework, w.quantity as target,
    before.good as upstream_good
from work_order_operation as o
join work_order as w on w.id = o.work_order_id
left join work_order_operation as before on before.id = upstream_of(o.id)
where o.equipment_id = %(equipment_id)s
    and o.state in ('not_allowed_to_start', 'allowed_to_start', 'running', 'held', 'suspended')
order by o.state <> 'running', o.state = 'not_allowed_to_start', w.priority, w.due_at, w.id
limit %(limit)s

-- :name materials
-- What operations consume (frozen, or of the present bill before release), and what there is of it.
select component.operation_id, item.code as item, item.name as item_name, item.unit, component.quantity,
    component.base_quantity, component.scrap_percent,
    coalesce(sum(balance.quantity) filter (where balance.location_id = component.location_id), 0) as line_side,
    coalesce(sum(balance.quantity) filter (
        where balance.location_id <> component.location_id and balance.kind <> 'quarantine'), 0) as elsewhere
from (
    select operation_id, item_id, location_id, quantity, base_quantity, scrap_percent
    from operation_component where operation_id = any (%(operations)s)
    union all
    select o.id, c.item_id, c.location_id, c.quantity, c.base_quantity, c.scrap_percent
    from work_order_operation as o cross join lateral planned_components(o.id, %(today)s) as c
    where o.id = any (%(operations)s) and o.state = 'not_allowed_to_start'
) as component
join item on item.id = component.item_id
left join (
    select balance.item_id, balance.location_id, balance.quantity, location.kind
    from balance
    join lot on lot.id = balance.lot_id
    join location on location.id = balance.location_id
    where balance.open and balance.physical and lot.status = 'available'
        and (lot.expires_on is null or lot.expires_on >= %(today)s)
        and location.kind in ('store', 'bin', 'line_side', 'in_transit', 'finished', 'quarantine')
) as balance on balance.item_id = component.item_id
group by component.operation_id, item.id, component.quantity, component.base_quantity, component.scrap_percent
order by component.operation_id, item.code
