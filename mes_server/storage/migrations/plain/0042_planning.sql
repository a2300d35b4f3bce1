-- How planning sizes lots.

alter table replenishment_loop
    add column lot_sizing text not null default 'lot_for_lot' check (lot_sizing in ('lot_for_lot', 'fixed', 'period')),
    add column period_days integer not null default 7 check (period_days between 1 and 366);
