-- :name drop_substitutes
-- Takes out substitutes that the document's bills no longer permit; orders keep what was frozen on them.
delete from bill_substitute as s using bill_of_material as bill, item as head, item as component, item as other
where bill.id = s.bill_id and head.id = bill.item_id and component.id = s.item_id and other.id = s.substitute_id
    and exists (
        select 1 from jsonb_to_recordset(%(heads)s) as given (item text, revision text)
        where given.item = head.code and given.revision = bill.revision)
    and not exists (
        select 1 from jsonb_to_recordset(%(rows)s) as given (head text, revision text, component text, item text)
        where given.head = head.code and given.revision = bill.revision and given.component = component.code
            and given.item = other.code)

-- :name upsert_substitutes
-- Substitutes that the document's bills permit; gives a row for each that is new or changed.
insert into bill_substitute (bill_id, item_id, substitute_id, ratio, priority)
select bill.id, component.id, other.id, given.ratio, given.priority
from jsonb_to_recordset(%(rows)s) as given (head text, revision text, component text, item text, ratio numeric(18, 6),
    priority smallint)
join item as head on head.code = given.head
join bill_of_material as bill on bill.item_id = head.id and bill.revision = given.revision
join item as component on component.code = given.component
join item as other on other.code = given.item
on conflict (bill_id, item_id, substitute_id) do update set ratio = excluded.ratio, priority = excluded.priority
where (bill_substitute.ratio, bill_substitute.priority) is distinct from (excluded.ratio, excluded.priority)
returning item_id

-- :name drop_outputs
-- Takes out co- and by-products that the document's bills no longer name.
delete from bill_output as p using bill_of_material as bill, item as head, item as other
where bill.id = p.bill_id and head.id = bill.item_id and other.id = p.item_id
    and exists (
        select 1 from jsonb_to_recordset(%(heads)s) as given (item text, revision text)
        where given.item = head.code and given.revision = bill.revision)
    and not exists (
        select 1 from jsonb_to_recordset(%(rows)s) as given (head text, revision text, item text)
        where given.head = head.code and given.revision = bill.revision and given.item = other.code)

-- :name upsert_outputs
-- Co- and by-products of the document's bills; gives a row for each that is new or changed.
insert into bill_output (bill_id, item_id, quantity, kind, location_id)
select bill.id, other.id, given.quantity, given.kind, place.id
from jsonb_to_recordset(%(rows)s) as given (head text, revision text, item text, quantity numeric(18, 6), kind text,
    location text)
join item as head on head.code = given.head
join bill_of_material as bill on bill.item_id = head.id and bill.revision = given.revision
join item as other on other.code = given.item
left join location as place on place.code = given.location
on conflict (bill_id, item_id) do update
set quantity = excluded.quantity, kind = excluded.kind, location_id = excluded.location_id
where (bill_output.quantity, bill_output.kind, bill_output.location_id)
    is distinct from (excluded.quantity, excluded.kind, excluded.location_id)
returning item_id

-- :name find
-- Bills by item, every revision, as JSON in the words of master data; and whether each is the one in force.
select bill.id, jsonb_build_object(
    'item', head.code, 'revision', bill.revision, 'base_quantity', amount(bill.base_quantity),
    'valid_from', bill.valid_from, 'valid_until', bill.valid_until,
    'components', coalesce((
        select jsonb_agg(jsonb_build_object(
            'item', i.code, 'quantity', amount(c.quantity), 'scrap_percent', amount(c.scrap_percent), 'measured', c.measured,
            'substitutes', coalesce((
                select jsonb_agg(jsonb_build_object('item', other.code, 'ratio', amount(s.ratio), 'priority', s.priority)
                    order by s.priority, other.code)
                from bill_substitute as s join item as other on other.id = s.substitute_id
                where s.bill_id = bill.id and s.item_id = c.item_id), '[]')) order by i.code)
        from bill_component as c join item as i on i.id = c.item_id where c.bill_id = bill.id), '[]'),
    'outputs', coalesce((
        select jsonb_agg(jsonb_build_object(
            'item', i.code, 'quantity', amount(p.quantity), 'kind', p.kind, 'location', place.code) order by i.code)
        from bill_output as p join item as i on i.id = p.item_id left join location as place on place.id = p.location_id
        where p.bill_id = bill.id), '[]'),
    'in_force', bill.id = bill_in_force(bill.item_id, %(day)s)) as bill
from bill_of_material as bill
join item as head on head.id = bill.item_id
where (%(item)s::text is null or head.code = %(item)s) and bill.id > %(after)s
    and (%(revision)s::text is null or bill.revision = %(revision)s)
    and (%(component)s::text is null or exists (
        select 1 from bill_component as c join item as i on i.id = c.item_id
        where c.bill_id = bill.id and i.code = %(component)s)
        or exists (
        select 1 from bill_substitute as s join item as i on i.id = s.substitute_id
        where s.bill_id = bill.id and i.code = %(component)s))
    and (%(in_force)s::boolean is null or %(in_force)s = coalesce(bill.id = bill_in_force(bill.item_id, %(day)s), false))
order by bill.id
limit %(limit)s
