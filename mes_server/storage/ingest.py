"""The database's side of the hot path: typed calls of the steps in `ingest.sql`, in the order the path walks."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from mes_server.storage import stock_effects
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.touched import Touched

_SQL = load("ingest")

SourceName = tuple[str, int]
"""(agent, outbox epoch)."""


class SourceCursor(NamedTuple):
    """A locked source: facts up to `through` are committed."""

    id: int
    through: int


class StagedFact(NamedTuple):
    """One fact as a row of `staged`."""

    ord: int
    source_id: int
    seq: int
    kind: str
    """c count, w weight, s state, m measurement, j job answer."""
    quality: str
    equipment: str
    signal: str
    at: datetime
    since: datetime | None
    arrived_at: datetime
    epoch: int | None = None
    total: int | Decimal | None = None
    delta: int | Decimal | None = None
    claimed: int | Decimal | None = None
    value: float | None = None
    detail: str | None = None
    reason: str | None = None
    """Why it is quarantined; for a state, the state."""
    command_id: UUID | None = None
    accepted: bool | None = None


_TYPES = [
    "int4",
    "int4",
    "int8",
    "text",
    "text",
    "text",
    "text",
    "timestamptz",
    "timestamptz",
    "timestamptz",
    "int8",
    "numeric",
    "numeric",
    "numeric",
    "float8",
    "text",
    "text",
    "uuid",
    "bool",
]


async def lock_sources(
    connection: Connection, names: Sequence[SourceName]
) -> dict[SourceName, SourceCursor]:
    """Lock the cursors of these sources, opening those heard for the first time."""
    values = {"agents": [agent for agent, _ in names], "epochs": [epoch for _, epoch in names]}
    await connection.execute(_SQL["open_sources"], values)
    rows = await (await connection.execute(_SQL["lock_sources"], values)).fetchall()
    return {
        (agent, epoch): SourceCursor(id=source, through=through)
        for agent, epoch, source, through in rows
    }


async def record_gap(
    connection: Connection, *, source_id: int, first: int, last: int, now: datetime
) -> None:
    """Note that facts first..last of a source can never come."""
    await connection.execute(
        _SQL["record_gap"], {"source_id": source_id, "first": first, "last": last, "now": now}
    )


async def advance_sources(
    connection: Connection, through: dict[int, int], *, now: datetime
) -> None:
    """Set the high-water mark of each source id."""
    await connection.execute(
        _SQL["advance_sources"],
        {"ids": list(through), "throughs": list(through.values()), "now": now},
    )


async def open_ingest(connection: Connection, *, gateway: str, facts: int, now: datetime) -> int:
    """The batch's own row; its id ties events, postings and signals together."""
    row = await (
        await connection.execute(
            _SQL["open_ingest"], {"gateway": gateway, "facts": facts, "now": now}
        )
    ).fetchone()
    assert row is not None
    return row[0]


async def stage(connection: Connection, facts: Iterable[StagedFact]) -> None:
    """Copy the facts into this connection's workspace."""
    async with connection.cursor().copy(_SQL["stage"]) as copy:
        copy.set_types(_TYPES)
        for fact in facts:
            await copy.write_row(fact)


async def store(connection: Connection, *, ingest_id: int, now: datetime) -> None:
    """Resolve the staged facts and keep each of them: as event, in quarantine, in the totals, in the states."""
    batch = {"ingest_id": ingest_id}
    await connection.execute(_SQL["lock_units"])
    await connection.execute(_SQL["resolve"])
    await connection.execute(_SQL["store_events"], batch)
    await connection.execute(_SQL["keep_quarantine"])
    await connection.execute(_SQL["keep_gaps"])
    await connection.execute(_SQL["advance_totals"])


async def book(
    connection: Connection,
    *,
    ingest_id: int | None,
    now: datetime,
    today: date,
    command_id: UUID | None = None,
) -> Touched:
    """Order progress, output, consumption on lots, shortages and replenishment of the resolved facts.

    They come from a batch, or from a person's command that attributes facts of earlier ones.
    """
    await connection.execute(_SQL["sum_progress"])
    await connection.execute(_SQL["advance_operations"])
    await connection.execute(_SQL["post_output"])
    places = await _places(connection)
    await stock_effects.lock_places(connection, places)
    moved = await stock_effects.book_pending(
        connection, now=now, ingest_id=ingest_id, command_id=command_id
    )
    await stock_effects.clear_workspace(connection)
    await _demand(connection, places=places, now=now)
    consumed, units = await stock_effects.allocate(
        connection, now=now, today=today, ingest_id=ingest_id, command_id=command_id
    )
    stock = moved | consumed | places
    signals = await stock_effects.raise_due_signals(
        connection, places=stock, now=now, ingest_id=ingest_id, command_id=command_id
    )
    return Touched(units=units, stock=stock, signals=signals)


async def _places(connection: Connection) -> frozenset[stock_effects.Place]:
    """Where output arrives or consumption is wanted; a place that only falls short moves no balance, yet its projected
    stock falls."""
    found: set[stock_effects.Place] = set()
    for query in ("places_of_output", "places_of_consumption"):
        rows = await (await connection.execute(_SQL[query])).fetchall()
        found.update((item, place) for item, place in rows)
    return frozenset(found)


async def _demand(
    connection: Connection, *, places: frozenset[stock_effects.Place], now: datetime
) -> None:
    """Fill `demand`: what waits at the places concerned first, then this batch's own consumption."""
    await stock_effects.demand_open_shortages(connection, places=places, now=now)
    await connection.execute(_SQL["demand_rejected_output"])
    await connection.execute(_SQL["demand_backflush"])
    await connection.execute(_SQL["demand_weighed"])
    await connection.execute(_SQL["issue_weighed"])


async def roll_up(connection: Connection, *, ingest_id: int) -> Touched:
    """Hours, minutes, states, live rows and job answers; returns what screens will want anew."""
    await connection.execute(_SQL["roll_up_hours"])
    await connection.execute(_SQL["roll_up_minutes"])
    changed = await (
        await connection.execute(_SQL["change_states"], {"ingest_id": ingest_id})
    ).fetchall()
    await connection.execute(_SQL["refresh_live"])
    await connection.execute(_SQL["answer_jobs"])
    row = await (await connection.execute(_SQL["touched"])).fetchone()
    assert row is not None
    units, operations = row
    return Touched(
        units=frozenset(units),
        operations=frozenset(operations),
        states=frozenset(unit for (unit,) in changed),
    )
