"""What an order used and made, lot by lot; and whether orders were ready when they were due."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("order_reports")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLotRow:
    """A lot that an operation consumed or made; None where it did not."""

    operation: int
    item: str
    item_name: dict[str, str]
    unit: str
    lot: str
    status: str
    equipment: str | None
    consumed: Decimal | None
    produced: Decimal | None
    since: datetime | None
    until: datetime | None
    consumed_value: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """An order that was completed, and the sums over all of the window, which stand in every row."""

    order: str
    item: str
    item_name: dict[str, str]
    unit: str
    target: Decimal
    good: Decimal
    due_at: datetime
    ended_at: datetime
    late_minutes: Decimal
    on_time: bool
    in_full: bool
    orders: int
    orders_on_time: int
    orders_in_full: int


async def lots(
    connection: Connection, *, number: str, offset: int, limit: int
) -> list[OrderLotRow]:
    """Lots consumed and made, by operation."""
    parameters = {"number": number, "offset": offset, "limit": limit}
    return await fetch_all(connection, OrderLotRow, _SQL["lots"], parameters)


async def deliveries(
    connection: Connection, *, since: datetime, until: datetime, offset: int, limit: int
) -> list[DeliveryRow]:
    """Orders completed in (since, until], the latest first."""
    parameters = {"since": since, "until": until, "offset": offset, "limit": limit}
    return await fetch_all(connection, DeliveryRow, _SQL["deliveries"], parameters)
