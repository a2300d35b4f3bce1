-- :name set_site
-- The site's own words.
insert into site (id, code, name, time_zone) values (1, %(code)s, %(name)s, %(time_zone)s)
on conflict (id) do update set code = excluded.code, name = excluded.name, time_zone = excluded.time_zone

-- :name ensure_rework
-- Where pieces wait for rework.
insert into location (code, name, kind) values ('REWORK', '{"en": "Rework", "zh": "返工区"}', 'quarantine')
on conflict (code) do nothing

-- :name upsert_equipment
-- Equipment of the plant file; gives the id of each that is new or changed.
insert into equipment (path, level, name, line_side_id, output_id, ideal_cycle_s)
select given.path, given.level, given.name, line_side.id, output.id, given.ideal_cycle_s
from jsonb_to_recordset(%(rows)s) as given (path text, level text, name jsonb, line_side text, output text,
    ideal_cycle_s numeric(12, 4))
left join location as line_side on line_side.code = given.line_side
left join location as output on output.code = given.output
on conflict (path) do update
set level = excluded.level, name = excluded.name, line_side_id = excluded.line_side_id,
    output_id = excluded.output_id, ideal_cycle_s = excluded.ideal_cycle_s
where (equipment.level, equipment.name, equipment.line_side_id, equipment.output_id, equipment.ideal_cycle_s)
    is distinct from (excluded.level, excluded.name, excluded.line_side_id, excluded.output_id, excluded.ideal_cycle_s)
returning id

-- :name upsert_signals
-- Signals of the plant file, linked to the items that they weigh.
insert into signal (equipment_id, name, role, unit, item_code, item_id, agent)
select equipment.id, given.name, given.role, given.unit, given.item, item.id, given.agent
from jsonb_to_recordset(%(rows)s) as given (equipment text, name text, role text, unit text, item text, agent text)
join equipment on equipment.path = given.equipment
left join item on item.code = given.item
on conflict (equipment_id, name) do update
set role = excluded.role, unit = excluded.unit, item_code = excluded.item_code, item_id = excluded.item_id,
    agent = excluded.agent
where (signal.role, signal.unit, signal.item_code, signal.item_id, signal.agent)
    is distinct from (excluded.role, excluded.unit, excluded.item_code, excluded.item_id, excluded.agent)
returning id

-- :name find_unit
-- A unit by its path.
select equipment.id, equipment.path, equipment.name, equipment.line_side_id, equipment.output_id,
    line_side.name as line_side_name, line_side.code as line_side
from equipment left join location as line_side on line_side.id = equipment.line_side_id
where equipment.path = %(path)s and equipment.level = 'unit'

-- :name output_of
-- The place a unit puts its output.
select output_id from equipment where id = %(equipment_id)s

-- :name ensure_live
-- The live row of a unit that no fact has come from yet.
insert into equipment_live (equipment_id) values (%(equipment_id)s) on conflict do nothing

-- :name lock_live
-- Facts of the unit wait, so that none is attributed while an order starts or stops there.
select equipment_id from equipment_live where equipment_id = %(equipment_id)s for update
