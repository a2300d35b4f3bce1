-- Cards of loops that buy or make go with a proposal, and with what it becomes, as others go with a call.

alter table kanban_card add column proposal_id integer references supply_proposal;
create index on kanban_card (proposal_id) where proposal_id is not null;
-- of the cards that went with it, those that are full again
alter table supply_proposal add column cards_filled integer not null default 0;
