-- Webhooks: who wants to be told of what, how far the feed was read for them, and what still has to be delivered.

create table webhook (
    id integer generated always as identity primary key,
    name text not null,
    url text not null,
    topics text[] not null check (cardinality(topics) > 0),
    -- the key of the signatures; the server needs it for every delivery, people see it once
    secret text not null,
    format text not null default 'json' check (format in ('json', 'xml')),
    failures integer not null default 0,
    next_try_at timestamptz,
    parked_at timestamptz,
    last_error text not null default '',
    last_delivered_at timestamptz,
    created_at timestamptz not null,
    created_by integer references person,
    removed_at timestamptz
);
create unique index one_webhook_per_name on webhook (name) where removed_at is null;

-- What is to be delivered, in the order of `id` for each webhook.
create table webhook_message (
    id bigint generated always as identity primary key,
    webhook_id integer not null references webhook,
    -- the same at every attempt: receivers know by it what they have already
    event_id text not null,
    topic text not null,
    content_type text not null default 'application/json',
    body text not null,
    created_at timestamptz not null,
    attempts integer not null default 0,
    delivered_at timestamptz,
    status integer,
    error text not null default '',
    unique (webhook_id, event_id)
);
create index undelivered on webhook_message (webhook_id, id) where delivered_at is null;

-- Up to where the feed was turned into messages; one row.
create table webhook_cursor (
    id smallint primary key default 1 check (id = 1),
    position text not null
);
