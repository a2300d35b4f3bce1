"""A batch of facts becomes events, order progress, consumption, ledger rows and calls, in one transaction.

Exactly once: a locked cursor per (agent, outbox epoch) says what is already committed. Of each source the contiguous
continuation is taken; what is at or below the cursor is a duplicate; a gap is answered with the cursor, and the sender
rewinds. The answer is given after commit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.contract.fact import AnyFact
from gateway.contract.uplink import IngestReply, IngestRequest, SourceBatch, SourceMark
from mes_server.domain.fact_meaning import BatchMeaning, EventRow, text
from mes_server.storage import feed, ingest
from mes_server.storage.database import OVERTAKEN, Connection, Pool

CHUNK = 500
"""Facts that are read before they go to the database."""
TRIES = 4
"""How often a batch is tried when other transactions stand in its way; after that the gateway sends it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Continuation:
    """What of one source is new."""

    agent: str
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
    ends = {cursor.id: through[name] for name, cursor in cursors.items()}
    if stored:
        await _commit(connection, new, ends, gateway=request.gateway, stored=stored, now=now)
    else:
        await ingest.advance_sources(connection, ends, now=now)
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
        agent=batch.agent,
        source_id=source_id,
        first_seq=batch.first_seq + known,
        facts=batch.facts[known:],
        verdicts={verdict.seq: verdict.reason.replace("\0", "") for verdict in batch.quarantined},
    )


async def _commit(
    connection: Connection,
    new: Sequence[_Continuation],
    ends: dict[int, int],
    *,
    gateway: str,
    stored: int,
    now: datetime,
) -> None:
    """The path of a pulse, step by step; then the sources' cursors stand at `ends`."""
    ingest_id, today, units, shifts_until = await ingest.open_batch(
        connection, _spans(new), gateway=gateway, facts=stored, now=now
    )
    meaning = BatchMeaning(units)
    await ingest.store_events(connection, _read(meaning, new), ingest_id=ingest_id)
    async with connection.pipeline():
        await ingest.keep(connection, meaning)
        touched = await ingest.book(
            connection, ingest_id=ingest_id, now=now, today=today, changed=meaning.changed
        )
        touched |= await ingest.roll_up(
            connection, meaning, ingest_id=ingest_id, shifts_until=shifts_until, now=now
        )
        await feed.emit(connection, touched=touched, now=now)
        await ingest.advance_sources(connection, ends, now=now)


def _spans(new: Sequence[_Continuation]) -> dict[str, ingest.Span]:
    """Which units the facts are of, and of which machine time."""
    lows: dict[str, datetime] = {}
    highs: dict[str, datetime] = {}
    for part in new:
        for fact in part.facts:
            path, at = fact.equipment, fact.at
            if path not in lows:
                lows[path] = highs[path] = at
            elif at > highs[path]:
                highs[path] = at
            elif at < lows[path]:
                lows[path] = at
    return {text(path): ingest.Span(low, highs[path]) for path, low in lows.items()}


def _read(meaning: BatchMeaning, new: Sequence[_Continuation]) -> Iterator[list[EventRow]]:
    """The facts as events, so many at a time."""
    for part in new:
        for start in range(0, len(part.facts), CHUNK):
            yield meaning.read(
                part.facts[start : start + CHUNK],
                agent=part.agent,
                source_id=part.source_id,
                first_seq=part.first_seq + start,
                verdicts=part.verdicts,
            )
