-- Purchase orders, their lines, and what came against them.

-- :name create
-- An order without lines; nothing when the number is taken.
insert into purchase_order (number, supplier_id, created_at) values (%(number)s, %(supplier_id)s, %(now)s)
on conflict (number) do nothing
returning id

-- :name lock
-- An order, locked until the transaction ends.
select o.id, o.number, o.state, o.supplier_id, s.code as supplier
from purchase_order o join supplier s on s.id = o.supplier_id
where o.number = %(number)s for update of o

-- :name add_line
-- A line of an order, by its number or as the next one.
insert into purchase_line (order_id, number, item_id, location_id, quantity, unit, unit_quantity, price, due_at, over_percent)
select %(order_id)s, coalesce(%(number)s::smallint, coalesce(max(n.number), 0) + 1), %(item_id)s, %(location_id)s, %(quantity)s, %(unit)s,
    %(unit_quantity)s, %(price)s, %(due_at)s, %(over_percent)s
from purchase_line n where n.order_id = %(order_id)s
returning id

-- :name lock_lines
-- Lines of an order, locked in their order.
select n.id, n.number, n.item_id, i.code as item, i.unit, n.location_id, l.code as location, n.quantity, n.received,
    n.rejected, n.price, n.over_percent, n.due_at, n.open
from purchase_line n
join item i on i.id = n.item_id
join location l on l.id = n.location_id
where n.order_id = %(order_id)s
order by n.number
for update of n

-- :name set_state
-- The order is confirmed, closed or cancelled.
update purchase_order
set state = %(state)s, version = version + 1,
    supplier_reference = case when %(reference)s <> '' then %(reference)s else supplier_reference end,
    confirmed_at = case when %(state)s = 'confirmed' then %(now)s else confirmed_at end,
    closed_at = case when %(state)s in ('closed', 'cancelled') then %(now)s::timestamptz end
where id = %(order_id)s

-- :name change_line
-- A line gets another quantity, price or date; what is null stays.
update purchase_line
set quantity = coalesce(%(quantity)s, quantity),
    unit_quantity = coalesce(%(quantity)s, quantity) * unit_quantity / quantity,
    price = coalesce(%(price)s, price), due_at = coalesce(%(due_at)s, due_at),
    over_percent = coalesce(%(over_percent)s, over_percent), open = coalesce(%(open)s, open)
where id = %(line_id)s

-- :name book_receipt
-- What came against a line, and what was turned away.
with line as (
    update purchase_line
    set received = received + %(quantity)s, rejected = rejected + %(rejected)s, open = %(open)s
    where id = %(line_id)s
    returning id, price
)
insert into purchase_receipt (line_id, lot_id, quantity, rejected, price, supplier_lot, reason, movement_id, at, person_id,
    command_id)
select id, %(lot_id)s, %(quantity)s, %(rejected)s, coalesce(%(price)s, price), %(supplier_lot)s, %(reason)s,
    %(movement_id)s, %(now)s, %(person_id)s, %(command_id)s
from line

-- :name lock_receipt
-- The purchase line that a movement came against, with its order, both locked.
select n.id, n.item_id, n.location_id, r.quantity
from purchase_receipt r
join purchase_line n on n.id = r.line_id
join purchase_order o on o.id = n.order_id
where r.movement_id = %(movement_id)s
for update of o, n

-- :name take_back
-- What was booked by mistake has not come: the line waits for it again, and so does its order, unless it was cancelled.
with line as (
    update purchase_line n set received = n.received - %(quantity)s, open = o.state <> 'cancelled'
    from purchase_order o
    where n.id = %(line_id)s and o.id = n.order_id
    returning n.order_id
)
update purchase_order o
set state = case when o.confirmed_at is null then 'open' else 'confirmed' end, closed_at = null, version = o.version + 1
from line where o.id = line.order_id and o.state = 'closed'

-- :name close_lines
-- Nothing more is expected of an order.
update purchase_line set open = false where order_id = %(order_id)s and open

-- :name find
-- Orders by number with their lines and receipts; `waiting` leaves out what is closed or cancelled.
select o.id, o.number, o.state, s.code as supplier, s.name as supplier_name, o.supplier_reference, o.created_at,
    o.confirmed_at, o.closed_at, o.version, coalesce(lines.lines, '[]') as lines
from purchase_order o
join supplier s on s.id = o.supplier_id
left join lateral (
    select jsonb_agg(jsonb_build_object(
        'line', n.number, 'item', i.code, 'item_name', i.name, 'location', l.code, 'quantity', amount(n.quantity),
        'stock_unit', i.unit, 'unit', n.unit, 'unit_quantity', amount(n.unit_quantity), 'price', amount(n.price),
        'due_at', n.due_at, 'over_percent', amount(n.over_percent), 'received', amount(n.received),
        'rejected', amount(n.rejected), 'outstanding',
        amount(case when n.open then greatest(n.quantity - n.received, 0) else 0 end), 'open', n.open,
        'receipts', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'lot', t.code, 'supplier_lot', r.supplier_lot, 'quantity', amount(r.quantity),
                'rejected', amount(r.rejected), 'price', amount(r.price), 'reason', r.reason, 'at', r.at,
                'movement', r.movement_id) order by r.id), '[]')
            from purchase_receipt r left join lot t on t.id = r.lot_id where r.line_id = n.id)
        ) order by n.number) as lines
    from purchase_line n
    join item i on i.id = n.item_id
    join location l on l.id = n.location_id
    where n.order_id = o.id) lines on true
where (%(number)s::text is null or o.number = %(number)s)
    and (%(supplier)s::text is null or s.code = %(supplier)s)
    and (%(state)s::text is null or o.state = %(state)s)
    and (%(item)s::text is null or exists (
        select 1 from purchase_line n join item i on i.id = n.item_id where n.order_id = o.id and i.code = %(item)s))
    and o.number > %(after)s
order by o.number
limit %(limit)s
