"""Scrap entries of people."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

_SQL = load("scrap_reports")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapReportRow:
    """A booked scrap entry."""

    id: int
    number: str
    operation: int
    quantity: Decimal
    reason: str
    disposition: str
    at: datetime
    person: str | None
    reversed_at: datetime | None
    operation_id: int
    movement_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingRow:
    """The posting behind an entry."""

    item_id: int
    lot_id: int
    from_id: int
    to_id: int
    quantity: Decimal
    operation_id: int | None
    equipment_id: int | None


async def add(
    connection: Connection,
    *,
    operation_id: int,
    disposition: str,
    quantity: Decimal,
    reason: str,
    at: datetime,
    person_id: int | None,
    command_id: UUID,
    movement_id: int | None,
) -> int:
    """Keep an entry; its id."""
    parameters = {
        "operation_id": operation_id,
        "disposition": disposition,
        "quantity": quantity,
        "reason": reason,
        "at": at,
        "person_id": person_id,
        "command_id": command_id,
        "movement_id": movement_id,
    }
    report = await fetch_value(connection, _SQL["add"], parameters)
    assert isinstance(report, int)
    return report


async def find_reports(
    connection: Connection,
    *,
    report_id: int | None = None,
    number: str | None = None,
    before: int | None = None,
    limit: int,
) -> list[ScrapReportRow]:
    """Entries by id or work order, newest first; `before` is the last id of the page before."""
    parameters = {"id": report_id, "number": number, "before": before, "limit": limit}
    return await fetch_all(connection, ScrapReportRow, _SQL["find"], parameters)


async def set_reversed(
    connection: Connection, report_id: int, *, at: datetime, person_id: int | None
) -> bool:
    """Mark the entry as taken back; False when it was already."""
    parameters = {"id": report_id, "at": at, "person_id": person_id}
    return await fetch_value(connection, _SQL["set_reversed"], parameters) is not None


async def find_posting(connection: Connection, movement_id: int) -> PostingRow | None:
    """The posting of an entry."""
    return await fetch_one(connection, PostingRow, _SQL["movement"], {"movement_id": movement_id})


async def stock_here(
    connection: Connection, *, item_id: int, lot_id: int, location_id: int
) -> tuple[dict[str, str], Decimal]:
    """(name of the place, what nobody has reserved of the lot there)."""
    parameters = {"item_id": item_id, "lot_id": lot_id, "location_id": location_id}
    row = await (await connection.execute(_SQL["stock_here"], parameters)).fetchone()
    assert row is not None
    return row[0], row[1]
