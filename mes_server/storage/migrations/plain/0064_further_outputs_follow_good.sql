-- Co- and by-products follow the good pieces: corrections of good restate them, and a bill that is frozen anew does from the
-- good pieces on.

alter table operation_output
    -- good pieces when this output, as it is stated now, began; and what they had come to
    add column good_from numeric(18, 6) not null default 0,
    add column standard_before numeric(18, 6) not null default 0,
    drop constraint operation_output_quantity_check,
    add constraint operation_output_quantity_check check (quantity >= 0); -- 0: the bill names it no more

-- What good pieces bring of a further output, rounded once.
create function output_due(good numeric, good_from numeric, standard_before numeric, quantity numeric, base_quantity numeric)
    returns numeric language sql immutable parallel safe
    return greatest(standard_before + round((good - good_from) * quantity / base_quantity, 6), 0);

-- What is taken back may have to wait like everything else that machines say.
alter table shortage drop constraint shortage_kind_check;
alter table shortage add constraint shortage_kind_check check (kind in ('backflush', 'weigh', 'scrap', 'reverse'));
