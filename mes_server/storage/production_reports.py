"""What people, not machines, said was made; and what machines counted beyond the operation before."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("production_reports")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionReportRow:
    """Pieces that a person reported."""

    id: int
    number: str
    operation: int
    good: Decimal
    scrap: Decimal
    reason: str
    at: datetime
    person: str | None
    command_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverUpstreamRow:
    """An operation that produced more than the one before made good."""

    number: str
    operation: int
    equipment: str
    equipment_name: dict[str, str]
    produced: Decimal
    upstream_good: Decimal
    over_upstream: Decimal


async def add(
    connection: Connection,
    *,
    operation_id: int,
    good: Decimal,
    scrap: Decimal,
    reason: str,
    at: datetime,
    person_id: int | None,
    command_id: UUID,
) -> None:
    """Keep a report."""
    parameters = {
        "operation_id": operation_id,
        "good": good,
        "scrap": scrap,
        "reason": reason,
        "at": at,
        "person_id": person_id,
        "command_id": command_id,
    }
    await connection.execute(_SQL["add"], parameters)


async def find(
    connection: Connection, number: str, *, before: int | None, limit: int
) -> list[ProductionReportRow]:
    """Reports on an order, newest first; `before` is the last id of the page before."""
    parameters = {"number": number, "before": before, "limit": limit}
    return await fetch_all(connection, ProductionReportRow, _SQL["find"], parameters)


async def over_upstream(
    connection: Connection, *, order: str | None, equipment: str | None, after: int, limit: int
) -> list[OverUpstreamRow]:
    """Operations that made more than the one before, the largest excess first; `after` rows are passed over."""
    values = {"order": order, "equipment": equipment, "after": after, "limit": limit}
    return await fetch_all(connection, OverUpstreamRow, _SQL["over_upstream"], values)


async def of_operation(connection: Connection, operation_id: int) -> tuple[Decimal, Decimal]:
    """(good, scrap) that people reported at the operation, all told."""
    cursor = await connection.execute(_SQL["of_operation"], {"operation_id": operation_id})
    row = await cursor.fetchone()
    assert row is not None
    return row[0], row[1]
