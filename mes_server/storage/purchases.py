"""Purchase orders, their lines, and what came against them."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

_SQL = load("purchases")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPurchase:
    """A purchase order that is about to change."""

    id: int
    number: str
    state: str
    supplier_id: int
    supplier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedLine:
    """One of its lines; quantities in the stock unit, price for one of it."""

    id: int
    number: int
    item_id: int
    item: str
    unit: str
    location_id: int
    location: str
    quantity: Decimal
    received: Decimal
    rejected: Decimal
    price: Decimal
    over_percent: Decimal
    due_at: datetime
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A line to add; `quantity` and `price` for the stock unit, `unit_quantity` in `unit` as it was ordered."""

    item_id: int
    location_id: int
    quantity: Decimal
    unit: str
    unit_quantity: Decimal
    price: Decimal
    due_at: datetime
    over_percent: Decimal
    number: int | None = None
    """None: the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReceipt:
    """What came against a line, and what was turned away; `price` None: the line's."""

    line_id: int
    lot_id: int | None
    quantity: Decimal
    rejected: Decimal
    price: Decimal | None
    supplier_lot: str
    reason: str
    movement_id: int | None
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseRow:
    """A purchase order with its lines as JSON."""

    id: int
    number: str
    state: str
    supplier: str
    supplier_name: dict[str, str]
    supplier_reference: str
    created_at: datetime
    confirmed_at: datetime | None
    closed_at: datetime | None
    version: int
    lines: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseFilter:
    """Which orders are asked for; `after` is the last number of the page before."""

    number: str | None = None
    supplier: str | None = None
    state: str | None = None
    item: str | None = None
    after: str = ""


async def create_purchase(
    connection: Connection, *, number: str, supplier_id: int, now: datetime
) -> int | None:
    """The id of a new order, or None when the number is taken."""
    values = {"number": number, "supplier_id": supplier_id, "now": now}
    return await fetch_value(connection, _SQL["create"], values)


async def lock_purchase(connection: Connection, number: str) -> LockedPurchase | None:
    """The order, locked until the transaction ends."""
    return await fetch_one(connection, LockedPurchase, _SQL["lock"], {"number": number})


async def lock_lines(connection: Connection, order_id: int) -> list[LockedLine]:
    """Its lines, locked."""
    return await fetch_all(connection, LockedLine, _SQL["lock_lines"], {"order_id": order_id})


async def add_line(connection: Connection, order_id: int, line: NewLine) -> int:
    """Add a line; its id."""
    found = await fetch_value(connection, _SQL["add_line"], {"order_id": order_id, **asdict(line)})
    assert isinstance(found, int)
    return found


async def set_state(
    connection: Connection, order_id: int, *, state: str, now: datetime, reference: str = ""
) -> None:
    """The order is confirmed, closed or cancelled."""
    values = {"order_id": order_id, "state": state, "now": now, "reference": reference}
    await connection.execute(_SQL["set_state"], values)


async def change_line(
    connection: Connection,
    line_id: int,
    *,
    quantity: Decimal | None = None,
    price: Decimal | None = None,
    due_at: datetime | None = None,
    over_percent: Decimal | None = None,
    still_open: bool | None = None,
) -> None:
    """Change a line; what is None stays."""
    values = {
        "line_id": line_id,
        "quantity": quantity,
        "price": price,
        "due_at": due_at,
        "over_percent": over_percent,
        "open": still_open,
    }
    await connection.execute(_SQL["change_line"], values)


async def book_receipt(
    connection: Connection,
    receipt: NewReceipt,
    *,
    now: datetime,
    person_id: int | None,
    command_id: UUID,
) -> None:
    """Keep what came and move the line."""
    values = {**asdict(receipt), "now": now, "person_id": person_id, "command_id": command_id}
    await connection.execute(_SQL["book_receipt"], values)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedReceipt:
    """What a movement brought against a purchase line."""

    id: int
    """Of the line."""
    item_id: int
    location_id: int
    """Where the line is expected."""
    quantity: Decimal


async def lock_receipt(connection: Connection, movement_id: int) -> BookedReceipt | None:
    """The receipt that a movement belongs to, its line and order locked; None when nothing was bought."""
    return await fetch_one(
        connection, BookedReceipt, _SQL["lock_receipt"], {"movement_id": movement_id}
    )


async def take_back(connection: Connection, receipt: BookedReceipt) -> None:
    """The line waits for it again."""
    values = {"line_id": receipt.id, "quantity": receipt.quantity}
    await connection.execute(_SQL["take_back"], values)


async def close_lines(connection: Connection, order_id: int) -> None:
    """Nothing more is expected of the order."""
    await connection.execute(_SQL["close_lines"], {"order_id": order_id})


async def find_purchases(
    connection: Connection, which: PurchaseFilter, *, limit: int
) -> list[PurchaseRow]:
    """Purchase orders by number."""
    return await fetch_all(connection, PurchaseRow, _SQL["find"], {**asdict(which), "limit": limit})
