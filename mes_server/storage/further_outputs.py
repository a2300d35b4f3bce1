"""Co- and by-products: what good pieces bring besides, and how bills state it while an order runs.

Whoever changes them has locked the operation.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("further_outputs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What the good pieces of an operation bring of an item, what is posted, and what of it lies free at its place."""

    item_id: int
    lot_id: int
    location_id: int
    due: Decimal
    posted: Decimal
    free: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """How a bill states a further output of an operation."""

    operation_id: int
    operation: int
    item_id: int
    item: str
    quantity: Decimal
    base_quantity: Decimal
    kind: str
    location_id: int


async def due(connection: Connection, operation_id: int) -> list[Due]:
    """What there is to post (or to take back) now, by item."""
    return await fetch_all(connection, Due, _SQL["due"], {"operation_id": operation_id})


async def places(connection: Connection, operation_id: int) -> frozenset[tuple[int, int]]:
    """(item, location) of what the operation puts out besides."""
    cursor = await connection.execute(_SQL["places"], {"operation_id": operation_id})
    return frozenset((item, place) for item, place in await cursor.fetchall())


async def post(
    connection: Connection, operation_id: int, *, item_id: int, quantity: Decimal
) -> None:
    """So much more is posted; less, when negative."""
    given = {"operation_id": operation_id, "item_id": item_id, "quantity": quantity}
    await connection.execute(_SQL["post"], given)


async def present(connection: Connection, order_id: int) -> list[Stated]:
    """What the order puts out besides now, while it is open."""
    return await fetch_all(connection, Stated, _SQL["present"], {"order_id": order_id})


async def planned(connection: Connection, order_id: int, *, day: date) -> list[Stated]:
    """What it would put out by the bill in force on that day of the plant."""
    return await fetch_all(connection, Stated, _SQL["planned"], {"order_id": order_id, "day": day})


async def state(connection: Connection, stated: Stated, *, now: datetime) -> None:
    """State an output like this from the present good pieces on; quantity 0: it comes out no more."""
    await connection.execute(_SQL["state"], asdict(stated) | {"now": now})
