"""A batch of facts becomes events, order progress, consumption, ledger rows and calls, in one transaction.

Exactly once: a locked cursor per (agent, outbox epoch) says what is already committed. Of each source the contiguous
continuation is taken; what is at or below the cursor is a duplicate; a gap is answered with the cursor, and the sender
rewinds. The answer is given after commit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import assert_never
from uuid import UUID

from gateway.contract.fact import (
    AnyFact,
    CountFact,
    JobAnswerFact,
    MeasurementFact,
    Quality,
    StateFact,
    WeightFact,
)
from gateway.contract.uplink import IngestReply, IngestRequest, SourceBatch, SourceMark
from mes_server.storage import feed, ingest, stock_effects
from mes_server.storage.database import OVERTAKEN, Connection, Pool

QUANTITY_LIMIT = Decimal(10) ** 12
"""Quantities of this size and beyond do not fit the ledger's columns."""
TRIES = 4
"""How often a batch is tried when other transactions stand in its way; after that the gateway sends it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Continuation:
    """What of one source is new."""

    source_id: int
    first_seq: int
    facts: Sequence[AnyFact]
    verdicts: dict[int, str]


async def ingest_facts(pool: Pool, request: IngestRequest, *, now: datetime) -> IngestReply:
    """Commit what is new in the request and answer with the marks of its sources."""
    for attempt in range(1, TRIES + 1):
        try:
            async with pool.connection() as connection, connection.transaction():
                return await _ingest(connection, request, now=now)
        except OVERTAKEN:
            if attempt == TRIES:
                raise
    raise AssertionError("unreachable")


async def _ingest(connection: Connection, request: IngestRequest, *, now: datetime) -> IngestReply:
    received = sum(len(batch.facts) for batch in request.sources)
    names = sorted({(batch.agent, batch.outbox_epoch) for batch in request.sources})
    cursors = await ingest.lock_sources(connection, names)
    through = {name: cursor.through for name, cursor in cursors.items()}
    rewind: set[ingest.SourceName] = set()
    gaps: set[ingest.SourceName] = set()
    new: list[_Continuation] = []
    for batch in request.sources:
        name = (batch.agent, batch.outbox_epoch)
        oldest = min(batch.oldest_seq, batch.first_seq)
        if batch.first_seq > through[name] + 1 and oldest > through[name] + 1:
            await ingest.record_gap(
                connection,
                source_id=cursors[name].id,
                first=through[name] + 1,
                last=oldest - 1,
                now=now,
            )
            through[name] = oldest - 1
            gaps.add(name)
        if batch.first_seq > through[name] + 1:
            rewind.add(name)
            continue
        continuation = _continue(batch, source_id=cursors[name].id, through=through[name])
        if continuation is not None:
            new.append(continuation)
            through[name] = batch.first_seq + len(batch.facts) - 1
    stored = sum(len(part.facts) for part in new)
    if stored:
        await _commit(connection, new, gateway=request.gateway, stored=stored, now=now)
    await ingest.advance_sources(
        connection, {cursor.id: through[name] for name, cursor in cursors.items()}, now=now
    )
    marks = [
        SourceMark(
            agent=agent,
            outbox_epoch=epoch,
            through=through[agent, epoch],
            rewind=(agent, epoch) in rewind,
            gap=(agent, epoch) in gaps,
        )
        for agent, epoch in names
    ]
    return IngestReply(
        marks=marks, stored=stored, duplicates=received - stored if not rewind else 0
    )


def _continue(batch: SourceBatch, *, source_id: int, through: int) -> _Continuation | None:
    """The part of a batch beyond the cursor, or None when all of it is known."""
    known = through - batch.first_seq + 1
    if known >= len(batch.facts):
        return None
    return _Continuation(
        source_id=source_id,
        first_seq=batch.first_seq + known,
        facts=batch.facts[known:],
        verdicts={verdict.seq: verdict.reason for verdict in batch.quarantined},
    )


async def _commit(
    connection: Connection,
    new: Sequence[_Continuation],
    *,
    gateway: str,
    stored: int,
    now: datetime,
) -> None:
    """The path of a pulse, step by step."""
    today = await stock_effects.plant_date(connection, now=now)
    ingest_id = await ingest.open_ingest(connection, gateway=gateway, facts=stored, now=now)
    await ingest.stage(connection, _rows(new))
    await ingest.store(connection, ingest_id=ingest_id, now=now)
    touched = await ingest.book(connection, ingest_id=ingest_id, now=now, today=today)
    touched |= await ingest.roll_up(connection, ingest_id=ingest_id)
    await feed.emit(connection, touched=touched, now=now)


def _rows(new: Sequence[_Continuation]) -> Iterator[ingest.StagedFact]:
    order = 0
    for part in new:
        for seq, fact in enumerate(part.facts, start=part.first_seq):
            order += 1
            verdict = part.verdicts.get(seq)
            quality = Quality.QUARANTINED if verdict is not None else fact.quality
            yield _row(order, part.source_id, seq, fact, quality, verdict)


def _row(
    order: int, source_id: int, seq: int, fact: AnyFact, quality: Quality, verdict: str | None
) -> ingest.StagedFact:
    where = (order, source_id, seq)
    unit, signal = _text(fact.equipment), _text(fact.signal)
    match fact:
        case CountFact() | WeightFact():
            total, delta, claimed = (
                _number(value) for value in (fact.total, fact.delta, fact.claimed)
            )
            if total is None or delta is None:
                quality, verdict = (
                    Quality.QUARANTINED,
                    verdict or "not a quantity the ledger can hold",
                )
            return ingest.StagedFact(
                *where, "c" if isinstance(fact, CountFact) else "w", quality, unit, signal, fact.at,
                fact.since, fact.arrived, fact.epoch, total, delta, claimed,
                detail=fact.cause, reason=verdict,
            )  # fmt: skip
        case StateFact():
            return ingest.StagedFact(
                *where, "s", quality, unit, signal, fact.at, None, fact.arrived,
                detail=_text(verdict or fact.detail), reason=fact.state,
            )  # fmt: skip
        case MeasurementFact():
            return ingest.StagedFact(
                *where,
                "m",
                quality,
                unit,
                signal,
                fact.at,
                None,
                fact.arrived,
                value=fact.value,
                reason=verdict,
            )
        case JobAnswerFact():
            return ingest.StagedFact(
                *where, "j", quality, unit, signal, fact.at, None, fact.arrived,
                detail=_text(fact.reason), command_id=_command_id(fact.command_id), accepted=fact.accepted,
            )  # fmt: skip
        case _:
            assert_never(fact)


def _text(value: str) -> str:
    """PostgreSQL's text holds no NUL."""
    return value.replace("\0", "") if "\0" in value else value


def _number(value: int | Decimal) -> int | Decimal | None:
    """A quantity within numeric(18, 6), or None."""
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    return value if abs(value) < QUANTITY_LIMIT else None


def _command_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
