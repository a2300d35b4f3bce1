"""The measure of all ingest: binary COPY of the same rows into the same event table, and nothing else.

The rows are the product's own: every column it stores, with signals and orders resolved beforehand; they are packed by the
product's own packer, which is faster than the driver's. Each batch is one durable transaction.
"""

from gateway.contract.uplink import SourceBatch
from mes_server.domain.fact_meaning import BatchMeaning, EventRow
from mes_server.operations.ingest_facts import CHUNK
from mes_server.storage import ingest
from mes_server.storage.database import Pool

COPIED_SOURCE = 0
"""No source has this id: what is copied so is told from what is booked."""


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


async def copy_rows(pool: Pool, rows: list[EventRow]) -> None:
    """One durable transaction with one COPY."""
    async with pool.connection() as connection, connection.transaction():
        chunks = (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))
        await ingest.store_events(connection, chunks, ingest_id=0)
