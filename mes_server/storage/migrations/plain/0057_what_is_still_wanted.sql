-- What orders still want of a component: what all pieces until the target is good will have taken, less what was issued. A
-- component that is stated anew (a substitute, a re-freeze) counts from the produced quantity on at which it is; pieces that
-- were scrapped are made again.

create function component_wanted(target numeric, good numeric, produced numeric, produced_from numeric,
    standard_before numeric, quantity numeric, base_quantity numeric, scrap_percent numeric, issued numeric)
    returns numeric language sql immutable parallel safe
    return greatest(component_due(produced + greatest(target - good, 0), produced_from, standard_before, quantity,
        base_quantity, scrap_percent) - issued, 0);

create or replace function place_need(item_ref integer, place_ref integer) returns numeric language sql stable
    return (
        select coalesce(sum(component_wanted(w.quantity, o.good, o.produced, c.produced_from, c.standard_before, c.quantity,
            c.base_quantity, c.scrap_percent, c.issued)), 0)
        from operation_component c
        join work_order_operation o on o.id = c.operation_id and o.state in ('running', 'allowed_to_start')
        join work_order w on w.id = o.work_order_id
        where c.item_id = item_ref and c.location_id = place_ref
    );
