-- Classes A, B and C of items.

-- :name set_classes
-- Items whose class is another one get it.
update item set abc_class = given.class
from unnest(%(codes)s::text[], %(classes)s::text[]) as given (code, class)
where item.code = given.code and item.abc_class is distinct from given.class
