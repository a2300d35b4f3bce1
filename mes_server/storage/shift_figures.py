"""Figures of shifts that are over: closed once, restated by what comes later, and how each of them changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from mes_server.domain.fact_meaning import BatchMeaning
from mes_server.domain.shift_calendar import Window
from mes_server.domain.unit_sense import EPOCH
from mes_server.storage.binary_values import instants, integers
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_value

_SQL = load("shift_figures")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenUnit:
    """A unit whose shifts are closed up to `closed_until` (None: none yet), with figures since `since`."""

    equipment_id: int
    closed_until: datetime | None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftFilter:
    """Which restatements; None is any. `since` and `until` are begins of shifts."""

    equipment: str | None = None
    figure: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftRestatementRow:
    """A figure of a closed shift, what it was and what it became, and what did it."""

    id: int
    equipment: str
    equipment_name: dict[str, str]
    since: datetime
    until: datetime
    figure: str
    state: str | None
    before: Decimal
    after: Decimal
    fact_at: datetime
    at: datetime
    ingest_id: int | None
    command_id: str | None
    person: str | None


async def open_units(
    connection: Connection, *, oldest: datetime, until: datetime
) -> list[OpenUnit]:
    """Units with figures before `until` that no closed shift has yet; nothing older than `oldest` is closed."""
    values = {"oldest": oldest, "until": until}
    return await fetch_all(connection, OpenUnit, _SQL["open_units"], values)


async def lock_unit(connection: Connection, equipment_id: int) -> datetime | None:
    """How far the unit's shifts are closed; until the transaction ends no facts of it are booked."""
    return await fetch_value(connection, _SQL["lock_unit"], {"unit": equipment_id})


async def close(connection: Connection, equipment_id: int, windows: Sequence[Window]) -> None:
    """Keep the figures of shifts that are over, in their order; the unit is locked."""
    values = {
        "unit": equipment_id,
        "begans": [window.began for window in windows],
        "ends": [window.ended for window in windows],
        "until": windows[-1].ended,
    }
    for step in ("close_pieces", "close_states", "closed_until"):
        await connection.execute(_SQL[step], values)


async def restate(
    connection: Connection,
    meaning: BatchMeaning,
    *,
    closed_until: datetime | None,
    earliest: datetime,
    ingest_id: int,
    now: datetime,
) -> None:
    """What a booked batch made of shifts that were closed, the last at `closed_until`; for a batch on time, nothing.

    `earliest` is the minute of the batch's first count or weighing.
    """
    if closed_until is None:
        return
    if earliest < closed_until:
        await restate_pieces(connection, now=now, ingest_id=ingest_id)
    end = (closed_until - EPOCH) // timedelta(microseconds=1)
    late = [(unit, at) for unit, at in meaning.states if at < end]
    if late:
        values = {
            "units": integers(unit for unit, _ in late),
            "ats": instants(at for _, at in late),
            "ingest_id": ingest_id,
            "now": now,
        }
        await connection.execute(_SQL["restate_states"], values)


async def restate_pieces(
    connection: Connection,
    *,
    now: datetime,
    ingest_id: int | None = None,
    command_id: UUID | None = None,
) -> None:
    """What the rolled up `tally` made of shifts that were closed."""
    values = {"now": now, "ingest_id": ingest_id, "command_id": command_id}
    await connection.execute(_SQL["restate_pieces"], values)


async def restatements(
    connection: Connection, wanted: ShiftFilter, *, before: int | None, limit: int
) -> list[ShiftRestatementRow]:
    """Newest first; `before` is the last id of the page before."""
    parameters = {
        **asdict(wanted),
        "below": f"{wanted.equipment}/%",
        "before": before,
        "limit": limit,
    }
    return await fetch_all(connection, ShiftRestatementRow, _SQL["restatements"], parameters)
