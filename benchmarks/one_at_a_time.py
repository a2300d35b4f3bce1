"""The ways not taken: a statement, or a function call, per event, each event in its own durable transaction."""

from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, LiteralString, cast

from gateway.contract.fact import AnyFact, CountFact, StateFact, WeightFact
from gateway.contract.uplink import SourceBatch
from mes_server.storage.database import Connection


def read_queries(name: str) -> dict[str, LiteralString]:
    """Named queries of a file of this folder."""
    text = (files("benchmarks") / f"{name}.sql").read_text(encoding="utf-8")
    blocks = [block.partition("\n") for block in text.split("-- :name ")[1:]]
    return {head.strip(): cast(LiteralString, body) for head, _, body in blocks}


_BASELINES = read_queries("baselines")


async def create_functions(connection: Connection) -> None:
    """The function per event, and the posting it uses."""
    await connection.execute(_BASELINES["create_move"])
    await connection.execute(_BASELINES["create_function"])


async def open_source(connection: Connection, batch: SourceBatch) -> int:
    """The batch's source, its cursor before the batch."""
    cursor = await connection.execute(
        "insert into source (agent, outbox_epoch, through) values (%s, %s, %s) "
        "on conflict (agent, outbox_epoch) do update set through = excluded.through returning id",
        (batch.agent, batch.outbox_epoch, batch.first_seq - 1),
    )
    row = await cursor.fetchone()
    assert row is not None
    return row[0]


async def function_per_event(
    connection: Connection, batch: SourceBatch, *, source: int, now: datetime
) -> None:
    """One call and one commit an event."""
    for seq, fact in enumerate(batch.facts, start=batch.first_seq):
        await connection.execute(_BASELINES["call"], (source, seq, *_columns(fact), now))


async def statement_per_event(
    connection: Connection, batch: SourceBatch, *, source: int, now: datetime
) -> None:
    """The same work in single statements, one transaction an event."""
    for seq, fact in enumerate(batch.facts, start=batch.first_seq):
        async with connection.transaction():
            await _book(connection, seq, fact, source=source, now=now)


def _columns(fact: AnyFact) -> Sequence[Any]:
    match fact:
        case CountFact():
            return ("c", fact.equipment, fact.signal, fact.at, fact.total, fact.delta, None)
        case WeightFact():
            return ("w", fact.equipment, fact.signal, fact.at, fact.total, fact.delta, None)
        case StateFact():
            return ("s", fact.equipment, fact.signal, fact.at, None, None, fact.state)
        case _:
            raise AssertionError("the stream has no such fact")


async def _one(connection: Connection, query: LiteralString, *values: object) -> Any:
    return await (await connection.execute(query, values)).fetchone()


async def _book(
    connection: Connection, seq: int, fact: AnyFact, *, source: int, now: datetime
) -> None:
    kind, path, name, at, total, delta, state = _columns(fact)
    await connection.execute(
        "update source set through = %s where id = %s and through = %s", (seq, source, seq - 1)
    )
    unit = await _one(
        connection, "select id, output_id, line_side_id from equipment where path = %s", path
    )
    signal = await _one(
        connection,
        "select id, item_id from signal where equipment_id = %s and name = %s",
        unit[0],
        name,
    )
    operation = await _one(
        connection,
        "select o.id, o.output_lot_id from operation_run r join work_order_operation o on o.id = r.operation_id "
        "where r.equipment_id = %s and r.started_at <= %s and (r.ended_at is null or %s < r.ended_at) "
        "order by r.started_at desc limit 1",
        unit[0], at, at,
    )  # fmt: skip
    await connection.execute(
        "insert into event (ingest_id, source_id, seq, kind, quality, equipment_id, signal_id, operation_id, at, "
        "arrived_at, epoch, total, step) values (0, %s, %s, %s, 'g', %s, %s, %s, %s, %s, 1, %s, %s)",
        (source, seq, kind, unit[0], signal[0], operation[0], at, at, total, delta),
    )
    if kind == "s":
        await connection.execute(
            "insert into state_change (equipment_id, at, state, ingest_id) values (%s, %s, %s, 0) "
            "on conflict do nothing",
            (unit[0], at, state),
        )
    else:
        await _total(connection, signal[0], total, at)
        if kind == "c":
            await _count(connection, unit, operation, delta, at)
        else:
            await _consume(connection, "weigh", signal[1], unit[2], delta, at, operation[0])
    await connection.execute(
        "insert into feed_event (topic, ref, at) values ('unit', %s, %s)", (unit[0], now)
    )


async def _total(connection: Connection, signal: int, total: Any, at: datetime) -> None:
    await connection.execute(
        "insert into signal_total (signal_id, epoch, total, at) values (%s, 1, %s, %s) "
        "on conflict (signal_id) do update set total = excluded.total, at = excluded.at",
        (signal, total, at),
    )


async def _count(
    connection: Connection, unit: Any, operation: Any, delta: Any, at: datetime
) -> None:
    await connection.execute(
        "update work_order_operation set good = good + %s where id = %s", (delta, operation[0])
    )
    production = await _one(connection, "select id from location where code = 'PRODUCTION'")
    await _move(
        connection, "produce", operation[1], production[0], unit[1], delta, at, operation[0]
    )
    cursor = await connection.execute(
        "select item_id, location_id, quantity / base_quantity from operation_component "
        "where operation_id = %s and not measured",
        (operation[0],),
    )
    for item, place, each in await cursor.fetchall():
        await connection.execute(
            "update operation_component set issued = issued + %s where operation_id = %s and item_id = %s",
            (delta * each, operation[0], item),
        )
        await _consume(connection, "backflush", item, place, delta * each, at, operation[0])
    await connection.execute(
        "insert into production_hour (equipment_id, hour, operation_id, good) values (%s, date_trunc('hour', "
        "%s::timestamptz), %s, %s) on conflict (equipment_id, hour, operation_id) "
        "do update set good = production_hour.good + excluded.good",
        (unit[0], at, operation[0], delta),
    )


async def _consume(
    connection: Connection,
    kind: str,
    item: int,
    place: int,
    need: Any,
    at: datetime,
    operation: int,
) -> None:
    lot = await _one(
        connection,
        "select b.lot_id from balance b join lot t on t.id = b.lot_id where b.item_id = %s and b.location_id = %s "
        "and b.open and b.quantity >= %s order by t.expires_on, t.id limit 1",
        item, place, need,
    )  # fmt: skip
    consumption = await _one(connection, "select id from location where code = 'CONSUMPTION'")
    if lot is not None:
        await _move(connection, kind, lot[0], place, consumption[0], need, at, operation)


async def _move(
    connection: Connection,
    kind: str,
    lot: int,
    start: int,
    to: int,
    quantity: Any,
    at: datetime,
    operation: int,
) -> None:
    item = await _one(connection, "select item_id from lot where id = %s", lot)
    await connection.execute(
        "insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at, operation_id) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (kind, item[0], lot, start, to, quantity, at, at, operation),
    )
    for place, change in ((start, -quantity), (to, quantity)):
        await connection.execute(
            "insert into balance (item_id, location_id, lot_id, quantity, physical) "
            "select %s, id, %s, 0, physical from location where id = %s on conflict do nothing",
            (item[0], lot, place),
        )
        await connection.execute(
            "update balance set quantity = quantity + %s, open = quantity + %s <> 0 "
            "where item_id = %s and location_id = %s and lot_id = %s",
            (change, change, item[0], place, lot),
        )
