"""The ledger in words."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("movements")


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementFilter:
    """Which rows; None takes all. `after` is the last id of the page before."""

    id: int | None = None
    ids: list[int] | None = None
    item: str | None = None
    lot: str | None = None
    order: str | None = None
    location: str | None = None
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementRow:
    """One row of the ledger; a machine's rows name their ingest, a person's their command."""

    id: int
    kind: str
    item: str
    lot: str
    from_location: str
    to_location: str
    quantity: Decimal
    unit: str
    at: datetime
    booked_at: datetime
    order: str | None
    equipment: str | None
    person: str | None
    reason: str | None
    reverses: int | None
    ingest_id: int | None
    command_id: str | None


async def find_movements(
    connection: Connection, which: MovementFilter, *, limit: int
) -> list[MovementRow]:
    """Rows of the ledger, oldest first."""
    parameters = {**asdict(which), "limit": limit}
    return await fetch_all(connection, MovementRow, _SQL["find"], parameters)
