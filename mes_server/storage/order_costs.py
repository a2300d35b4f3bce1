"""What orders took and made in money, and how it was settled."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.domain.settlement import OrderCost, Settlement, consumed_value
from mes_server.storage import costs
from mes_server.storage.costs import CostedItem
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_one, fetch_value

_SQL = load("order_costs")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRow:
    """What an order made."""

    item_id: int
    item: str
    made: Decimal
    made_value: Decimal
    conversion: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledRow:
    """A settlement as people read it."""

    id: int
    order: str
    item: str
    item_name: dict[str, str]
    unit: str
    material: Decimal
    conversion: Decimal
    made_value: Decimal
    to_stock: Decimal
    variance: Decimal
    settled_at: datetime


async def look_again(connection: Connection) -> None:
    """Orders that were settled and had postings since are due again."""
    await connection.execute(_SQL["due_again"])


async def settled(connection: Connection, order_id: int) -> OrderCost:
    """What of an order was settled already; `made` is not told."""
    found = await fetch_one(connection, OrderCost, _SQL["settled"], {"order_id": order_id})
    assert found is not None
    return found


async def next_due(connection: Connection) -> int | None:
    """An order to settle, locked for this transaction; None: there is none that nobody else settles."""
    return await fetch_value(connection, _SQL["due"], {})


async def told(
    connection: Connection, order_id: int, *, at: datetime
) -> tuple[int, OrderCost] | None:
    """(id of the order's item, what it cost up to a time), told from the ledger; None: no such order."""
    key = {"order_id": order_id, "at": at}
    operations: Sequence[int] = await fetch_column(connection, _SQL["operations"], key)
    given = key | {"operations": list(operations)}
    row = await fetch_one(connection, MadeRow, _SQL["made"], given)
    if row is None:
        return None
    items: Sequence[int] = await fetch_column(connection, _SQL["consumed_items"], given)
    material = Decimal(0)
    for item, (stretches, standard) in (
        await costs.stretches(connection, items, at=at, operations=operations)
    ).items():
        assert item in items
        material += consumed_value(stretches, standard=standard)
    return row.item_id, OrderCost(
        material=material,
        conversion=row.conversion,
        made=row.made,
        made_value=row.made_value,
    )


async def keep(
    connection: Connection,
    order_id: int,
    *,
    item_id: int,
    cost: OrderCost,
    settlement: Settlement,
    at: datetime,
) -> None:
    """The order is settled like this."""
    given = asdict(cost) | asdict(settlement)
    await connection.execute(
        _SQL["add"], given | {"order_id": order_id, "item_id": item_id, "at": at}
    )


async def done(connection: Connection, order_id: int) -> None:
    """The order is not due any more."""
    await connection.execute(_SQL["done"], {"order_id": order_id})


async def item_words(connection: Connection, item_id: int) -> CostedItem:
    """The item by its id."""
    [item] = await costs.find_items(connection, after=item_id - 1, limit=1)
    return item


async def find(
    connection: Connection, *, number: str | None, before: int | None, limit: int
) -> list[SettledRow]:
    """Settlements, newest first."""
    given = {"number": number, "before": before, "limit": limit}
    return await fetch_all(connection, SettledRow, _SQL["find"], given)
