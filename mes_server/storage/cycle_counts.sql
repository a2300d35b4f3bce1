-- :name make_list
-- A new list.
insert into count_list (location_id, abc_class, note, created_at, created_by)
values (%(location_id)s, %(abc_class)s, %(note)s, %(at)s, %(person_id)s)
returning id

-- :name fill
-- Its lines: what lies at the place and below, of a class or an item, and is due by its class's frequency.
insert into count_line (list_id, item_id, lot_id, location_id)
select %(list_id)s, b.item_id, b.lot_id, b.location_id
from location_below(%(location)s) as below
join balance as b on b.location_id = below.id and b.physical and b.open
join item on item.id = b.item_id
join count_rule as rule on rule.abc_class = coalesce(item.abc_class, 'C')
where (%(abc_class)s::text is null or rule.abc_class = %(abc_class)s)
    and (%(item)s::text is null or item.code = %(item)s)
    and (not %(due_only)s or not exists (
        select 1 from count_line as last
        where last.item_id = b.item_id and last.location_id = b.location_id and last.lot_id = b.lot_id
            and last.counted_at > %(at)s::timestamptz - make_interval(days => rule.every_days)))
order by b.location_id, b.item_id, b.lot_id
limit %(limit)s

-- :name add_line
-- A lot that was found and is not on the list.
insert into count_line (list_id, item_id, lot_id, location_id)
values (%(list_id)s, %(item_id)s, %(lot_id)s, %(location_id)s)
on conflict do nothing

-- :name lock_line
-- A line with what decisions about it need, locked.
select line.id, line.list_id, line.item_id, line.lot_id, line.location_id, line.state, line.counted, line.counted_at,
    line.counted_by, line.first_counter, rule.tolerance_percent, item.standard_cost as unit_cost
from count_line as line
join item on item.id = line.item_id
join count_rule as rule on rule.abc_class = coalesce(item.abc_class, 'C')
where line.list_id = %(list_id)s
    and (%(line_id)s::integer is null or line.id = %(line_id)s)
    and (%(line_id)s::integer is not null or (line.item_id = %(item_id)s and line.lot_id = %(lot_id)s
        and line.location_id = %(location_id)s))
for update of line

-- :name book_as_of
-- What the ledger says of a lot at a place as of a time: what is there now, less what came since, plus what went since.
select coalesce((
        select quantity from balance
        where item_id = %(item_id)s and location_id = %(location_id)s and lot_id = %(lot_id)s), 0)
    - coalesce((
        select sum(case when to_id = %(location_id)s then quantity else -quantity end) from movement
        where lot_id = %(lot_id)s and item_id = %(item_id)s and %(location_id)s in (from_id, to_id) and at > %(at)s), 0)

-- :name keep
-- What was counted, and what becomes of it.
update count_line
set state = %(state)s, counted = %(counted)s, counted_at = %(counted_at)s, counted_by = %(person_id)s,
    first_counter = case when state = 'open' then %(person_id)s else first_counter end,
    first_hit = coalesce(first_hit, %(hit)s), book = %(book)s, value = %(value)s, note = %(note)s,
    movement_id = %(movement_id)s
where id = %(id)s

-- :name decide
-- What somebody else decided.
update count_line
set state = %(state)s, book = %(book)s, value = %(value)s, note = %(note)s, decided_at = %(at)s,
    decided_by = %(person_id)s, movement_id = %(movement_id)s
where id = %(id)s

-- :name close
-- A list is closed when nothing of it is open.
update count_list set closed_at = %(at)s
where id = %(list_id)s and closed_at is null
    and not exists (select 1 from count_line where list_id = %(list_id)s and state in ('open', 'recount', 'waiting'))

-- :name lists
-- Lists and how far they are; accuracy is the share of counted lines whose first count was within tolerance.
select l.id, location.code as location, location.name as location_name, l.abc_class, l.note, l.created_at,
    person.name as created_by, l.closed_at, count(line.id) as lines,
    count(line.id) filter (where line.counted is not null) as counted,
    count(line.id) filter (where line.state = 'waiting') as waiting,
    round(100.0 * count(line.id) filter (where line.first_hit)
        / nullif(count(line.id) filter (where line.first_hit is not null), 0), 2) as accuracy_percent
from count_list as l
join location on location.id = l.location_id
left join person on person.id = l.created_by
left join count_line as line on line.list_id = l.id
where l.id > %(after)s
    and (%(id)s::integer is null or l.id = %(id)s)
    and (not %(open)s or l.closed_at is null)
group by l.id, location.id, person.id
order by l.id
limit %(limit)s

-- :name lines
-- Lines of a list.
select line.id, item.code as item, item.name as item_name, item.unit, lot.code as lot, location.code as location,
    location.name as location_name, line.state, line.counted, line.counted_at, counter.name as counted_by,
    line.book, line.counted - line.book as difference, line.value, line.note, decider.name as decided_by,
    line.decided_at, line.movement_id as movement
from count_line as line
join item on item.id = line.item_id
join lot on lot.id = line.lot_id
join location on location.id = line.location_id
left join person as counter on counter.id = line.counted_by
left join person as decider on decider.id = line.decided_by
where line.list_id = %(list_id)s and line.id > %(after)s and (%(state)s::text is null or line.state = %(state)s)
order by line.id
limit %(limit)s

-- :name accuracy
-- Accuracy by class of what was counted since a time.
select rule.abc_class, rule.tolerance_percent, rule.every_days,
    count(line.id) as counted, count(line.id) filter (where line.first_hit) as hits,
    round(100.0 * count(line.id) filter (where line.first_hit) / nullif(count(line.id), 0), 2) as accuracy_percent,
    coalesce(sum(line.value) filter (where line.state = 'booked'), 0) as booked_value
from count_rule as rule
left join (
    select count_line.*, coalesce(item.abc_class, 'C') as abc_class
    from count_line join item on item.id = count_line.item_id
    where count_line.counted_at > %(since)s and count_line.first_hit is not null
) as line on line.abc_class = rule.abc_class
group by rule.abc_class
order by rule.abc_class

-- :name set_rule
-- Tolerance and frequency of a class.
update count_rule set tolerance_percent = %(tolerance_percent)s, every_days = %(every_days)s
where abc_class = %(abc_class)s
