-- :name add
-- Somebody wants to be told; no row when the name is taken.
insert into webhook (name, url, topics, secret, format, created_at, created_by)
values (%(name)s, %(url)s, %(topics)s, %(secret)s, %(format)s, %(now)s, %(person_id)s)
on conflict (name) where removed_at is null do nothing
returning id

-- :name change
-- Another address, name or choice of topics; the secret and what waits stay.
update webhook set name = %(name)s, url = %(url)s, topics = %(topics)s, format = %(format)s
where id = %(id)s and removed_at is null
returning id

-- :name remove
-- Nobody is told any more.
update webhook set removed_at = %(now)s where id = %(id)s and removed_at is null returning id

-- :name rotate
-- Another secret; the earlier one signs too for a while.
update webhook set old_secret = secret, old_secret_until = %(until)s, secret = %(secret)s
where id = %(id)s and removed_at is null
returning id

-- :name drop_pending
-- Forgets what waits for a receiver of the feed; ERP documents are never dropped.
delete from webhook_message where webhook_id = %(id)s and delivered_at is null and topic <> 'erp-document'

-- :name forget_messages
-- Takes messages out of a webhook's queue, so that they can be put at its end.
delete from webhook_message where webhook_id = %(id)s and event_id = any(%(events)s)

-- :name find
-- Webhooks by number with what waits for each; secrets only where they sign.
select w.id, w.name, w.url, w.topics, w.secret, w.old_secret, w.old_secret_until, w.format, w.failures, w.next_try_at, w.parked_at, w.last_error,
    w.last_delivered_at, w.created_at,
    (select count(*) from webhook_message as m where m.webhook_id = w.id and m.delivered_at is null) as pending
from webhook as w
where w.removed_at is null and w.id > %(after)s and (%(id)s::integer is null or w.id = %(id)s)
order by w.id
limit %(limit)s

-- :name lock_cursor
-- How far the feed was read for webhooks; one reader at a time.
select position from webhook_cursor where id = 1 for update

-- :name begin_cursor
-- Begins at the present end of the feed.
insert into webhook_cursor (position) values (%(position)s) on conflict do nothing

-- :name move_cursor
-- The feed was read up to here.
update webhook_cursor set position = %(position)s where id = 1

-- :name enqueue
-- Messages for every webhook that wants their topic; `reset` goes to all.
insert into webhook_message (webhook_id, event_id, topic, body, created_at)
select w.id, m.event_id, m.topic, m.body, %(now)s
from unnest(%(events)s::text[], %(topics)s::text[], %(bodies)s::text[])
    with ordinality as m (event_id, topic, body, place)
join webhook as w on w.removed_at is null and (m.topic = any(w.topics) or m.topic = 'reset')
order by m.place
on conflict (webhook_id, event_id) do nothing

-- :name enqueue_for
-- One message for one webhook.
insert into webhook_message (webhook_id, event_id, topic, content_type, body, created_at)
values (%(id)s, %(event_id)s, %(topic)s, %(content_type)s, %(body)s, %(now)s)
on conflict (webhook_id, event_id) do nothing

-- :name overfull
-- Webhooks for which more of the feed waits than is kept.
select webhook_id from webhook_message where delivered_at is null and topic <> 'erp-document'
group by webhook_id having count(*) > %(most)s

-- :name due
-- Webhooks that something waits for and whose time has come.
select w.id from webhook as w
where w.removed_at is null and w.parked_at is null and (w.next_try_at is null or w.next_try_at <= %(now)s)
    and exists (select 1 from webhook_message as m where m.webhook_id = w.id and m.delivered_at is null)
order by w.id

-- :name next_message
-- What is to be delivered next.
select id, event_id, topic, content_type, body, created_at, attempts, delivered_at, status, error
from webhook_message where webhook_id = %(id)s and delivered_at is null order by id limit 1

-- :name messages
-- Messages of a webhook, newest first.
select id, event_id, topic, content_type, body, created_at, attempts, delivered_at, status, error
from webhook_message
where webhook_id = %(id)s and (%(before)s::bigint is null or id < %(before)s)
    and (%(message)s::bigint is null or id = %(message)s)
    and (%(pending)s::boolean is null or (delivered_at is null) = %(pending)s)
order by id desc
limit %(limit)s

-- :name delivered
-- A message arrived.
update webhook_message set delivered_at = coalesce(delivered_at, %(now)s), attempts = attempts + 1, status = %(status)s,
    error = ''
where id = %(message)s

-- :name healthy
-- The receiver answers well.
update webhook set failures = 0, next_try_at = null, last_error = '', last_delivered_at = %(now)s where id = %(id)s

-- :name undelivered
-- A message did not arrive.
update webhook_message set attempts = attempts + 1, status = %(status)s, error = %(error)s where id = %(message)s

-- :name unhealthy
-- The receiver failed; after too many times a person has to look.
update webhook set failures = failures + 1, last_error = %(error)s, next_try_at = %(next_try_at)s,
    parked_at = case when %(park)s then %(now)s else parked_at end
where id = %(id)s

-- :name resume
-- A person looked: everything that waits is tried at once.
update webhook set failures = 0, next_try_at = null, parked_at = null, last_error = ''
where id = %(id)s and removed_at is null
returning id

-- :name trim
-- Forgets delivered messages of long ago.
delete from webhook_message where delivered_at < %(before)s
