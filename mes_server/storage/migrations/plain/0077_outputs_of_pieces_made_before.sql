-- When good pieces fall below those with which a further output was stated anew, pieces of before were scrapped: they bring
-- less of what was due then, not of what is due since.
create or replace function output_due(good numeric, good_from numeric, standard_before numeric, quantity numeric,
    base_quantity numeric)
    returns numeric language sql immutable parallel safe
    return case when good < good_from then round(standard_before * greatest(good, 0) / good_from, 6)
        else standard_before + round((good - good_from) * quantity / base_quantity, 6) end;
