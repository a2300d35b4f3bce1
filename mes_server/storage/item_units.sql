-- :name of_item
-- Units of an item beside its stock unit.
select unit, numerator, denominator from item_unit where item_id = %(item_id)s order by unit
