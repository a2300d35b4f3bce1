-- Which lots went into which, and stock as of any time, are read from the ledger itself. The wider indexes take the place
-- of the narrow ones: repeated postings of one lot at one operation share one index entry.
drop index if exists movement_lot_id_idx;
create index movement_of_lot on movement (lot_id, operation_id, from_id, to_id);
drop index if exists movement_operation_id_idx;
create index movement_of_operation on movement (operation_id, lot_id, from_id, to_id) where operation_id is not null;
create index movement_by_time on movement using brin (at) with (pages_per_range = 16);
