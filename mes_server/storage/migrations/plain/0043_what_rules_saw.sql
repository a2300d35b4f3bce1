-- What a loop's rule saw when it called: supply on its way, rate and need of the orders, empty cards, and what it wanted
-- before the order modifiers.
alter table replenishment_signal add column seen jsonb not null default '{}';

-- Loops whose calls time alone can make due.
create index on replenishment_loop (method) where method = 'on_demand';

-- The latest call and the latest proposal of a loop.
create index on replenishment_signal (loop_id, id);
create index on supply_proposal (loop_id, id) where loop_id is not null;
