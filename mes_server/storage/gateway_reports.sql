-- :name lock
-- What a gateway said last, held until its next word is kept.
select heard_at, report::text, grew from gateway_report where gateway = %(gateway)s for update

-- :name keep
-- A gateway's last word: one row for each gateway.
insert into gateway_report (gateway, heard_at, report, grew)
values (%(gateway)s, %(heard_at)s, %(report)s::jsonb, %(grew)s)
on conflict (gateway) do update set heard_at = excluded.heard_at, report = excluded.report, grew = excluded.grew

-- :name forget
-- Leaves the gateways that were heard last; the others were replaced long ago.
delete from gateway_report
where gateway in (select gateway from gateway_report order by heard_at desc, gateway offset %(most)s)

-- :name find
-- Gateways by name, with what they said last.
select gateway, heard_at, report::text, grew from gateway_report
where gateway > %(after)s order by gateway limit %(limit)s
