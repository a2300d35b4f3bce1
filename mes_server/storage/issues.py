"""What operations take by hand: their frozen components, what was issued, and backflush that waited for it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_column, fetch_value

_SQL = load("issues")


async def component_place(connection: Connection, *, operation_id: int, item_id: int) -> int | None:
    """Id of the location that the frozen bill takes the item from; None when it does not name the item."""
    parameters = {"operation_id": operation_id, "item_id": item_id}
    return await fetch_value(connection, _SQL["component"], parameters)


async def only_lot(connection: Connection, *, operation_id: int, item_id: int) -> str | None:
    """The one lot that will do (pieces to rework); None when any lot of the item does."""
    parameters = {"operation_id": operation_id, "item_id": item_id}
    return await fetch_value(connection, _SQL["only_lot"], parameters)


async def needed(connection: Connection, operation_id: int) -> list[str]:
    """Items of the frozen bill."""
    return await fetch_column(connection, _SQL["needed"], {"operation_id": operation_id})


async def count_issue(
    connection: Connection, *, operation_id: int, item_id: int, quantity: Decimal, at: datetime
) -> None:
    """What a person issues counts as issued; first it stands for backflush that still waits for stock."""
    which = {"operation_id": operation_id, "item_id": item_id}
    waited = await fetch_value(
        connection, _SQL["absorb"], {**which, "quantity": quantity, "at": at}
    )
    assert isinstance(waited, Decimal)
    await connection.execute(_SQL["add_issued"], {**which, "quantity": quantity - waited})


async def add_issued(
    connection: Connection, *, operation_id: int, item_id: int, quantity: Decimal
) -> None:
    """So much more is issued; less, when negative."""
    await connection.execute(
        _SQL["add_issued"],
        {"operation_id": operation_id, "item_id": item_id, "quantity": quantity},
    )


async def add_issued_then(
    connection: Connection,
    quantities: Mapping[tuple[int, datetime | None], Decimal],
    *,
    operation_id: int,
) -> None:
    """(item, when components changed next) -> so much more is issued of that time; less, when negative."""
    values = {
        "items": [item for item, _ in quantities],
        "changes": [changed_at for _, changed_at in quantities],
        "quantities": list(quantities.values()),
        "operation_id": operation_id,
    }
    await connection.execute(_SQL["add_issued_then"], values)


async def changed_after(
    connection: Connection, *, operation_id: int, at: datetime
) -> datetime | None:
    """When components of the operation changed next after `at`; None: they did not."""
    values = {"operation_id": operation_id, "at": at}
    return await fetch_value(connection, _SQL["changed_after"], values)


async def net_issued(
    connection: Connection, *, operation_id: int, item_id: int, lot_id: int
) -> Decimal:
    """What the operation has of the lot, by the ledger."""
    found = await fetch_value(
        connection,
        _SQL["net_issued"],
        {"operation_id": operation_id, "item_id": item_id, "lot_id": lot_id},
    )
    assert isinstance(found, Decimal)
    return found
