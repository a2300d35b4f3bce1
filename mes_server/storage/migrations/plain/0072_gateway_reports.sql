-- What each gateway said of itself last, so that a server that starts again knows whom it heard, and when.

create table gateway_report (
    gateway text primary key check (length(gateway) between 1 and 64),
    heard_at timestamptz not null,
    -- as it came (GatewayReport)
    report jsonb not null,
    -- [name, reason, when the number last grew], where it did
    grew jsonb not null default '[]'
);
create index on gateway_report (heard_at);
