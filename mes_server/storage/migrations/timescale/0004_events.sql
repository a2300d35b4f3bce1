-- Every fact, in a hypertable: takes the place of the plain file of the same name where TimescaleDB is loaded.

create extension if not exists timescaledb;

-- Every fact, once. No unique key on the hot path: the source cursor guards it.
create table event (
    ingest_id bigint not null,
    source_id integer not null,
    seq bigint not null,
    kind "char" not null, -- c count, w weight, s state, m measurement, j job answer
    quality "char" not null, -- g good, u uncertain, q quarantined
    equipment_id integer,
    signal_id integer,
    operation_id integer,
    at timestamptz not null,
    since timestamptz,
    arrived_at timestamptz not null,
    epoch bigint,
    total numeric(20, 6),
    step numeric(18, 6),
    value double precision,
    detail text
);
select create_hypertable('event', by_range('at', interval '1 day'), create_default_indexes => false);
create index event_by_signal on event (signal_id, at);
create index event_by_ingest on event using brin (ingest_id) with (pages_per_range = 16);
