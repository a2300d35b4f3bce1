-- Consumption by weight that fell to no order is looked for by unit, to be given to an order.
create index weighed_without_an_order on movement (equipment_id, item_id, id) where kind = 'weigh' and operation_id is null;
