-- Kanban cards of loops.

-- :name find
-- Cards by code, with their loops.
select c.id, c.code, c.state, c.signal_id as call, c.proposal_id as proposal, c.changed_at, i.code as item, i.name as item_name, i.unit,
    l.code as location, l.name as location_name, src.code as source, p.order_quantity as quantity
from kanban_card c
join replenishment_loop p on p.id = c.loop_id
join item i on i.id = p.item_id
join location l on l.id = p.location_id
join location src on src.id = p.source_id
where (%(item)s::text is null or i.code = %(item)s) and (%(location)s::text is null or l.code = %(location)s)
    and (%(state)s::text is null or c.state = %(state)s) and (%(code)s::text is null or c.code = %(code)s)
    and c.code > %(after)s
order by c.code
limit %(limit)s

-- :name place_of
-- Where a card's container stands.
select p.item_id, p.location_id
from kanban_card c join replenishment_loop p on p.id = c.loop_id
where c.code = %(code)s

-- :name lock
-- A card, locked until the transaction ends, after the say about its place.
select c.id, c.code, c.state, c.loop_id, p.item_id, p.location_id, p.order_quantity
from kanban_card c join replenishment_loop p on p.id = c.loop_id
where c.code = %(code)s
for update of c

-- :name set_state
-- What a scan said.
update kanban_card set state = %(state)s, changed_at = %(now)s, changed_by = %(person_id)s, signal_id = null,
    proposal_id = null
where id = %(card_id)s

-- :name lock_loop_cards
-- The cards of a loop, locked.
select code, state from kanban_card where loop_id = %(loop_id)s order by code for update

-- :name add
-- Cards that a loop gets anew; they begin full.
insert into kanban_card (loop_id, code, state, changed_at, changed_by)
select %(loop_id)s, code, 'full', %(now)s, %(person_id)s from unnest(%(codes)s::text[]) as given (code)

-- :name drop
-- Cards that a loop no longer has.
delete from kanban_card where loop_id = %(loop_id)s and code = any(%(codes)s::text[])

-- :name join_call
-- A card that got empty joins the loop's call, which nobody has accepted yet, and the call grows by it.
with grown as (
    update replenishment_signal set quantity = quantity + %(quantity)s
    where loop_id = %(loop_id)s and state = 'raised' and not emergency
    returning id, quantity
), traced as (
    insert into signal_adjustment (signal_id, verdict, quantity_before, quantity_after, reason, at, command_id)
    select id, 'grow', quantity - %(quantity)s, quantity, %(reason)s, %(now)s, %(command_id)s from grown
), joined as (
    update kanban_card c set state = 'ordered', signal_id = grown.id from grown where c.id = %(card_id)s
)
select id from grown

-- :name join_proposal
-- A card that got empty joins the loop's proposal, which nobody has decided about yet, and the proposal grows by it.
with grown as (
    update supply_proposal set quantity = quantity + %(quantity)s, proposed_quantity = proposed_quantity + %(quantity)s
    where loop_id = %(loop_id)s and state = 'proposed' and not why ? 'emergency'
    returning id
), joined as (
    update kanban_card c set state = 'ordered', proposal_id = grown.id from grown where c.id = %(card_id)s
)
select id from grown

-- :name follow_supply
-- Cards of the given places follow what was bought or is made for them: full as far as the quantity goes that has come, card
-- by card; and empty again when nothing more is to come. What was split off an order is made for the same cards.
with told as (
    select g.id, p.order_quantity, g.cards_filled, coalesce(n.received, made.good, 0) as came,
        coalesce(n.open, made.open, false) as open
    from (select distinct proposal_id from kanban_card where proposal_id is not null) k -- few, whatever was firmed ever
    join supply_proposal g on g.id = k.proposal_id and g.state = 'firm'
    join replenishment_loop p on p.id = g.loop_id
    left join purchase_line n on n.id = g.purchase_line_id
    left join lateral (
        select sum(o.good) as good,
            bool_or(o.state in ('not_allowed_to_start', 'allowed_to_start', 'running', 'held', 'suspended')) as open
        from work_order_operation o
        where o.yields and o.work_order_id in (
            select g.work_order_id
            union all
            select k.child_id from work_order_link k where k.parent_id = g.work_order_id and k.kind = 'split')
    ) made on g.work_order_id is not null
    where (p.item_id, p.location_id) in (select * from unnest(%(items)s::int[], %(places)s::int[]))
), next as (
    select k.id, t.id as proposal_id, t.open,
        row_number() over (partition by t.id order by k.code) <= floor(t.came / t.order_quantity) - t.cards_filled as filled
    from told t join kanban_card k on k.proposal_id = t.id
), counted as (
    update supply_proposal g set cards_filled = g.cards_filled + x.filled
    from (select proposal_id, count(*) as filled from next where filled group by proposal_id) x
    where g.id = x.proposal_id
)
update kanban_card c
set state = case when next.filled then 'full' else 'empty' end, proposal_id = null, changed_at = %(now)s, changed_by = null
from next where c.id = next.id and (next.filled or not next.open)

-- :name leave_proposal
-- The cards of a proposal that was rejected are empty again.
update kanban_card set state = 'empty', proposal_id = null, changed_at = %(now)s, changed_by = %(person_id)s
where proposal_id = %(proposal_id)s

-- :name follow_call
-- Cards follow their call: picked ones are on their way, delivered ones full as far as the quantity goes, and the others
-- and those of a cancelled call are empty again.
update kanban_card c
set state = case
        when %(state)s = 'picked' then 'in_transit'
        when %(state)s = 'delivered' and x.nr * x.order_quantity <= %(delivered)s then 'full'
        else 'empty' end,
    signal_id = case when %(state)s = 'picked' then c.signal_id end,
    changed_at = %(at)s, changed_by = %(person_id)s
from (
    select k.id, row_number() over (order by k.code) as nr, p.order_quantity
    from kanban_card k join replenishment_loop p on p.id = k.loop_id where k.signal_id = %(signal_id)s
) x
where c.id = x.id and %(state)s in ('picked', 'delivered', 'cancelled')
