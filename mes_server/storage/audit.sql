-- :name record
-- One line of the audit log.
insert into audit (at, person_id, badge, token, station, address, kind, target, reason, outcome, refusal, command_id, given)
values (%(at)s, coalesce(%(person_id)s, (select id from person where badge = %(badge)s)), %(badge)s, %(token)s,
    %(station)s, %(address)s, %(kind)s, %(target)s, %(reason)s, %(outcome)s, %(refusal)s, %(command_id)s, %(given)s)

-- :name find
-- The log, newest first, with what was asked for.
select audit.id, audit.at, person.name as person, audit.badge, audit.token, audit.station, audit.address, audit.kind,
    audit.target, audit.reason, audit.outcome, audit.refusal, audit.command_id::text as command_id,
    case when audit.outcome = 'done' then coalesce(command.given, audit.given) else audit.given end as given
from audit
left join person on person.id = audit.person_id
left join command on command.id = audit.command_id and audit.outcome = 'done'
where (%(before)s::bigint is null or audit.id < %(before)s)
    and (%(badge)s::text is null or audit.badge = %(badge)s)
    and (%(token)s::text is null or audit.token = %(token)s)
    and (%(station)s::text is null or audit.station = %(station)s)
    and (%(kind)s::text is null or audit.kind = %(kind)s)
    and (%(target)s::text is null or audit.target = %(target)s)
    and (%(outcome)s::text is null or audit.outcome = %(outcome)s)
    and (%(since)s::timestamptz is null or audit.at >= %(since)s)
    and (%(until)s::timestamptz is null or audit.at < %(until)s)
order by audit.id desc
limit %(limit)s

-- :name told_lately
-- How often a kind of refusal was written since a time: of one token at one address, and in all.
select count(*) filter (where token = %(token)s and address = %(address)s) as same, count(*) as all
from audit where kind = %(kind)s and at > %(since)s
