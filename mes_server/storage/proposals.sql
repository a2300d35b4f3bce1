-- Proposals of what should be bought or made.

-- :name find
-- Proposals, newest first, with what they became.
select g.id, g.kind, g.state, i.code as item, i.name as item_name, i.unit, l.code as location, s.code as supplier,
    g.quantity, g.proposed_quantity, g.start_at, g.due_at, g.state = 'proposed' and g.start_at < %(now)s as late,
    g.run_id as run, g.projected, g.why, g.pegs, g.raised_at, g.decided_at, g.decision,
    coalesce(w.number, o.number) as order,
    (select coalesce(jsonb_agg(k.code order by k.code), '[]') from kanban_card k where k.proposal_id = g.id) as cards
from supply_proposal g
join item i on i.id = g.item_id
join location l on l.id = g.location_id
left join supplier s on s.id = g.supplier_id
left join work_order w on w.id = g.work_order_id
left join purchase_line n on n.id = g.purchase_line_id
left join purchase_order o on o.id = n.order_id
where (%(id)s::integer is null or g.id = %(id)s)
    and (%(states)s::text[] is null or g.state = any(%(states)s))
    and (%(kind)s::text is null or g.kind = %(kind)s)
    and (%(item)s::text is null or i.code = %(item)s)
    and (%(run)s::integer is null or g.run_id = %(run)s)
    and (%(before)s::integer is null or g.id < %(before)s)
order by g.id desc
limit %(limit)s

-- :name place_of
-- Where a proposal brings its item to.
select item_id, location_id from supply_proposal where id = %(id)s

-- :name lock
-- A proposal, locked until the transaction ends, after the say about its place.
select g.id, g.kind, g.state, g.item_id, i.code as item, i.unit, i.standard_cost, g.location_id, s.code as supplier,
    g.quantity, g.due_at, g.run_id
from supply_proposal g
join item i on i.id = g.item_id
left join supplier s on s.id = g.supplier_id
where g.id = %(id)s for update of g

-- :name decide
-- The proposal is firm or rejected.
update supply_proposal
set state = %(state)s, decided_at = %(now)s, decided_by = %(person_id)s, decision = %(decision)s,
    purchase_line_id = %(purchase_line_id)s, work_order_id = %(work_order_id)s
where id = %(id)s

-- :name change
-- People know better; what is null stays.
update supply_proposal
set quantity = coalesce(%(quantity)s, quantity), start_at = start_at + (coalesce(%(due_at)s, due_at) - due_at),
    due_at = coalesce(%(due_at)s, due_at), supplier_id = coalesce(%(supplier_id)s, supplier_id), decision = %(decision)s
where id = %(id)s
