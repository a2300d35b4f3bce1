-- :name saved_mapping
-- How the columns of a source's files of one kind were read the last time.
select columns, decimal_mark from import_mapping where source = %(source)s and kind = %(kind)s

-- :name save_mapping
-- Keeps how the columns of a source are read, for its next file.
insert into import_mapping (source, kind, columns, decimal_mark, saved_at, person_id)
values (%(source)s, %(kind)s, %(columns)s, %(decimal_mark)s, %(now)s, %(person_id)s)
on conflict (source, kind) do update
set columns = import_mapping.columns || excluded.columns, decimal_mark = excluded.decimal_mark,
    saved_at = excluded.saved_at, person_id = excluded.person_id

-- :name add
-- A file that was brought.
insert into data_import (kind, source, filename, content, sha256, format, encoding, delimiter, sheet, header, sample,
    columns, decimal_mark, rows, created_at, created_by, token)
values (%(kind)s, %(source)s, %(filename)s, %(content)s, %(sha256)s, %(format)s, %(encoding)s, %(delimiter)s,
    %(sheet)s, %(header)s, %(sample)s, %(columns)s, %(decimal_mark)s, %(rows)s, %(now)s, %(person_id)s, %(token)s)
returning id

-- :name find
-- Imports with who brought them, newest first.
select i.id, i.kind, i.source, i.filename, length(i.content) as size, i.sha256, i.format, i.encoding, i.delimiter,
    i.sheet, i.header, i.sample, i.columns, i.decimal_mark, i.rows, i.counts, i.state, i.created_at,
    creator.name as created_by, i.token, i.checked_at, i.committed_at, committer.name as committed_by, i.undone_at,
    undoer.name as undone_by
from data_import as i
left join person as creator on creator.id = i.created_by
left join person as committer on committer.id = i.committed_by
left join person as undoer on undoer.id = i.undone_by
where (%(id)s::integer is null or i.id = %(id)s)
    and (%(before)s::integer is null or i.id < %(before)s)
    and (%(kind)s::text is null or i.kind = %(kind)s)
    and (%(source)s::text is null or i.source = %(source)s)
    and (%(state)s::text is null or i.state = %(state)s)
order by i.id desc
limit %(limit)s

-- :name lock
-- Takes an import for this transaction.
select id from data_import where id = %(id)s for update

-- :name content
-- The file as it came.
select content, filename, format from data_import where id = %(id)s

-- :name map
-- How the columns are read from now on.
update data_import set columns = %(columns)s, decimal_mark = %(decimal_mark)s where id = %(id)s

-- :name drop_rows
-- Forgets what was said of the rows before.
delete from import_row where import_id = %(id)s

-- :name add_rows
-- What is said of each row.
insert into import_row (import_id, number, verdict, key, given, changes, faults)
select %(id)s, number, verdict, key, given, changes, faults
from jsonb_to_recordset(%(rows)s)
    as r (number integer, verdict text, key text, given jsonb, changes jsonb, faults jsonb)

-- :name mark_checked
-- The rows were looked at.
update data_import set state = 'checked', counts = %(counts)s, checked_at = %(now)s where id = %(id)s

-- :name rows
-- What was said of the rows, by line.
select number, verdict, key, given, changes, faults from import_row
where import_id = %(id)s and number > %(after)s and (%(verdict)s::text is null or verdict = %(verdict)s)
order by number
limit %(limit)s

-- :name mark_committed
-- The rows are in force.
update data_import set state = 'committed', counts = %(counts)s, committed_at = %(now)s, committed_by = %(person_id)s
where id = %(id)s

-- :name mark_undone
-- The rows were taken back.
update data_import set state = 'undone', undone_at = %(now)s, undone_by = %(person_id)s where id = %(id)s

-- :name add_changes
-- What the import did, to be taken back.
insert into import_change (import_id, position, key, before, after)
select %(id)s, position, key, nullif(before, 'null'), after
from jsonb_to_recordset(%(rows)s) as c (position integer, key text, before jsonb, after jsonb)

-- :name changes
-- What the import did, in its order.
select key, before, after from import_change where import_id = %(id)s order by position
