"""What people change on orders: their terms, what is split off them, what is reworked; and the record of it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

_SQL = load("order_changes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an order asks for; None for a tolerance is unlimited."""

    quantity: Decimal
    due_at: datetime
    priority: int
    over_percent: Decimal | None
    under_percent: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that became another."""

    order_id: int
    operation_id: int | None = None
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A change as people read it."""

    id: int
    operation: int | None
    what: str
    before: str
    after: str
    reason: str
    at: datetime
    person: str | None


async def note(
    connection: Connection,
    change: Change,
    *,
    reason: str,
    at: datetime,
    person_id: int | None,
    command_id: UUID,
) -> None:
    """Keep what was changed."""
    who = {"reason": reason, "at": at, "person_id": person_id, "command_id": command_id}
    await connection.execute(_SQL["note"], {**asdict(change), **who})


async def find(
    connection: Connection, number: str, *, before: int | None, limit: int
) -> list[ChangeRow]:
    """Changes of an order, newest first; `before` is the last id of the page before."""
    parameters = {"number": number, "before": before, "limit": limit}
    return await fetch_all(connection, ChangeRow, _SQL["find"], parameters)


async def terms(connection: Connection, order_id: int) -> Terms:
    """What the order asks for."""
    row = await fetch_one(connection, Terms, _SQL["terms"], {"order_id": order_id})
    assert row is not None
    return row


async def set_terms(connection: Connection, order_id: int, given: Terms) -> None:
    """What the order asks for from now on."""
    await connection.execute(_SQL["set_terms"], {"order_id": order_id, **asdict(given)})


async def copy(
    connection: Connection,
    *,
    parent_id: int,
    child_id: int,
    quantity: Decimal,
    at: datetime,
    command_id: UUID,
) -> None:
    """Give the child the parent's operations, anew, and link the two."""
    key = {
        "parent_id": parent_id,
        "child_id": child_id,
        "kind": "split",
        "quantity": quantity,
        "at": at,
        "command_id": command_id,
    }
    for step in (
        "copy_operations",
        "copy_units",
        "copy_routing",
        "copy_rework",
        "link",
        "mark_linked",
    ):
        await connection.execute(_SQL[step], key)
    await connection.execute(_SQL["shrink_rework"], key)


async def link_rework(
    connection: Connection,
    *,
    parent_id: int,
    child_id: int,
    quantity: Decimal,
    at: datetime,
    command_id: UUID,
) -> None:
    """The child reworks so many pieces of the parent."""
    key = {"parent_id": parent_id, "child_id": child_id, "quantity": quantity}
    await connection.execute(
        _SQL["link"], key | {"kind": "rework", "at": at, "command_id": command_id}
    )
    await connection.execute(_SQL["mark_linked"], key)


async def awaiting_rework(
    connection: Connection, *, order_id: int, item_id: int, lot_id: int
) -> Decimal:
    """Pieces of the order that wait for rework and that no order is to rework yet."""
    parameters = {"order_id": order_id, "item_id": item_id, "lot_id": lot_id}
    value = await fetch_value(connection, _SQL["awaiting_rework"], parameters)
    assert isinstance(value, Decimal)
    return value
