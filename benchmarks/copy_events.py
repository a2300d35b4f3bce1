"""The measure of all ingest: binary COPY of the same rows into the same event table, and nothing else.

The rows are the product's own: every column it stores, with signals and orders resolved beforehand, as the values that the
driver takes. Each batch is one durable transaction.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from gateway.contract.uplink import SourceBatch
from mes_server.domain.fact_meaning import BatchMeaning, EventRow
from mes_server.domain.unit_sense import EPOCH
from mes_server.storage import ingest
from mes_server.storage.database import Pool
from mes_server.storage.named_queries import load

COPIED_SOURCE = 0
"""No source has this id: what is copied so is told from what is booked."""
TYPES = [
    "int8",
    "int4",
    "int8",
    "timestamptz",
    "timestamptz",
    "text",
    "text",
    "int4",
    "int4",
    "int4",
    "int8",
    "text",
    "timestamptz",
    "float8",
    "numeric",
    "numeric",
]
_SQL = load("ingest")


async def resolve(pool: Pool, batch: SourceBatch) -> list[EventRow]:
    """The rows that the product would store for these facts; not part of the measured time."""
    spans: dict[str, ingest.Span] = {}
    for fact in batch.facts:
        low, high = spans.get(fact.equipment, (fact.at, fact.at))
        spans[fact.equipment] = ingest.Span(min(low, fact.at), max(high, fact.at))
    async with pool.connection() as connection:
        meaning = BatchMeaning(await ingest.read_units(connection, spans))
    return meaning.read(
        batch.facts,
        agent=batch.agent,
        source_id=COPIED_SOURCE,
        first_seq=batch.first_seq,
        verdicts={},
    )


def as_values(rows: Sequence[EventRow]) -> list[tuple[object, ...]]:
    """The rows in the values that a driver takes, in the columns' order; not part of the measured time."""
    return [
        (
            0, source, seq, _time(at), _time(arrived), kind.decode(), quality.decode(), equipment, signal, operation,
            epoch, detail if detail is None else str(detail), _time(since), value, _number(total), _number(step),
        )
        for (source, seq, kind, quality, equipment, signal, operation, at, since, arrived, epoch, total, step, value,
             detail) in rows
    ]  # fmt: skip


def _time(micros: int | None) -> datetime | None:
    return None if micros is None else EPOCH + timedelta(microseconds=micros)


def _number(millionths: int | None) -> Decimal | None:
    return None if millionths is None else Decimal(millionths).scaleb(-6)


async def copy_rows(pool: Pool, rows: Sequence[tuple[object, ...]]) -> None:
    """One durable transaction with one COPY."""
    async with (
        pool.connection() as connection,
        connection.transaction(),
        connection.cursor().copy(_SQL["store_events"]) as copy,
    ):
        copy.set_types(TYPES)
        for row in rows:
            await copy.write_row(row)
