"""Figures that were reported already and became others."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one

_SQL = load("restatements")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestatementFilter:
    """Which ones; None is any. `since` and `until` are hours, so they leave out figure `order`."""

    equipment: str | None = None
    number: str | None = None
    figure: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestatementRow:
    """One figure, what it was and what it became, and what did it."""

    id: int
    figure: str
    equipment: str
    equipment_name: dict[str, str]
    hour: datetime | None
    order: str | None
    operation: int | None
    good_before: Decimal
    good_after: Decimal
    scrap_before: Decimal
    scrap_after: Decimal
    fact_at: datetime
    at: datetime
    ingest_id: int | None
    command_id: str | None
    person: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestatedRow:
    """All restatements of an operation together."""

    times: int
    good: Decimal
    scrap: Decimal
    last_at: datetime | None


async def find(
    connection: Connection, wanted: RestatementFilter, *, before: int | None, limit: int
) -> list[RestatementRow]:
    """Newest first; `before` is the last id of the page before."""
    parameters = {
        **asdict(wanted),
        "below": f"{wanted.equipment}/%",
        "before": before,
        "limit": limit,
    }
    return await fetch_all(connection, RestatementRow, _SQL["find"], parameters)


async def of_operation(connection: Connection, operation_id: int, *, figure: str) -> RestatedRow:
    """How the operation's figures of that kind were restated."""
    parameters = {"operation_id": operation_id, "figure": figure}
    row = await fetch_one(connection, RestatedRow, _SQL["of_operation"], parameters)
    assert row is not None
    return row
