"""What waits for a person's judgement: quarantined facts, and pieces that belong to no order."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("review")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedRow:
    """A fact that was stored and not booked."""

    id: int
    agent: str
    equipment: str
    signal: str
    at: datetime
    quantity: Decimal
    reason: str
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOrderRow:
    """Pieces of one unit and hour that belong to no order."""

    equipment: str
    equipment_name: dict[str, str]
    hour: datetime
    good: Decimal
    scrap: Decimal


async def quarantined(
    connection: Connection, *, before: int | None, limit: int
) -> list[QuarantinedRow]:
    """Quarantined facts, newest first."""
    parameters = {"before": before, "limit": limit}
    return await fetch_all(connection, QuarantinedRow, _SQL["quarantine"], parameters)


async def no_order_counts(
    connection: Connection, *, before: datetime | None, limit: int
) -> list[NoOrderRow]:
    """Pieces outside any order, newest hour first."""
    parameters = {"before": before, "limit": limit}
    return await fetch_all(connection, NoOrderRow, _SQL["no_order_counts"], parameters)
