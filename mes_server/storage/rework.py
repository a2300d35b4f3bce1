"""Pieces that wait for rework, and what came back of them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from mes_server.domain.rework import Reworked
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("rework")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReworkReportRow:
    """What a person said came back from rework."""

    id: int
    number: str
    operation: int
    good: Decimal
    scrap: Decimal
    reason: str
    at: datetime
    person: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """Pieces that wait for rework; `location` is None for those between two operations."""

    id: int
    number: str
    operation: int
    operation_name: dict[str, str]
    item: str
    item_name: dict[str, str]
    unit: str
    equipment: str
    equipment_name: dict[str, str]
    location: str | None
    waiting: Decimal
    since: datetime | None


async def take_back(
    connection: Connection,
    operation_id: int,
    reworked: Reworked,
    *,
    reason: str,
    at: datetime,
    person_id: int | None,
    command_id: UUID,
) -> None:
    """Pieces are good, or scrap, at their operation again, and it is kept who said so; the operation is locked."""
    given = {"operation_id": operation_id, "good": reworked.good, "scrap": reworked.scrap}
    await connection.execute(_SQL["take_back"], given)
    kept = {"reason": reason, "at": at, "person_id": person_id, "command_id": command_id}
    await connection.execute(_SQL["add"], given | kept)


async def find(
    connection: Connection, number: str, *, before: int | None, limit: int
) -> list[ReworkReportRow]:
    """What came back on an order, newest first."""
    given = {"number": number, "before": before, "limit": limit}
    return await fetch_all(connection, ReworkReportRow, _SQL["find"], given)


async def waiting(
    connection: Connection, *, number: str | None, after: int, limit: int
) -> list[WaitingRow]:
    """What waits for rework, by operation; `after` is the last id of the page before."""
    given = {"number": number, "after": after, "limit": limit}
    return await fetch_all(connection, WaitingRow, _SQL["waiting"], given)
