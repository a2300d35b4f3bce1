"""Stock as of any time, and reports over the ledger: each row carries the figures its formula used."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_value

_SQL = load("stock_reports")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOfRow:
    """A lot at a place as of a time; `position` names it for the next page."""

    location: str
    location_name: dict[str, str]
    kind: str
    item: str
    item_name: dict[str, str]
    unit: str
    lot: str
    quantity: Decimal
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverRow:
    """How long an item lasts."""

    item: str
    item_name: dict[str, str]
    unit: str
    on_hand: Decimal
    consumed: Decimal
    per_day: Decimal
    days_of_cover: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnsRow:
    """How often an item's stock turned over."""

    item: str
    item_name: dict[str, str]
    unit: str
    throughput: Decimal
    opening: Decimal
    average: Decimal
    throughput_value: Decimal
    average_value: Decimal
    turns: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadStockRow:
    """An item at a place that nobody touched."""

    item: str
    item_name: dict[str, str]
    unit: str
    location: str
    quantity: Decimal
    value: Decimal
    last_moved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryRow:
    """A lot that expires soon, or did."""

    item: str
    item_name: dict[str, str]
    unit: str
    lot: str
    location: str
    quantity: Decimal
    value: Decimal
    status: str
    expires_on: date
    days_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AbcRow:
    """An item's class."""

    item: str
    item_name: dict[str, str]
    unit: str
    consumed: Decimal
    standard_cost: Decimal
    value: Decimal
    cumulative_percent: Decimal | None
    abc_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockOutRow:
    """A time without stock; `until` is None while it lasts."""

    month: str
    item: str
    item_name: dict[str, str]
    location: str
    since: datetime
    until: datetime | None
    minutes: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceRow:
    """A component of an order: actual = booked + waiting."""

    order: str
    operation: int
    produced: Decimal
    item: str
    item_name: dict[str, str]
    unit: str
    standard: Decimal
    booked: Decimal
    waiting: Decimal
    actual: Decimal
    variance: Decimal
    standard_cost: Decimal
    variance_value: Decimal


async def find_item(connection: Connection, code: str) -> int | None:
    """Id of an item."""
    return await fetch_value(connection, _SQL["item_id"], {"code": code})


async def find_location(connection: Connection, code: str) -> int | None:
    """Id of a location."""
    return await fetch_value(connection, _SQL["location_id"], {"code": code})


async def as_of(
    connection: Connection,
    *,
    at: datetime,
    item_id: int | None,
    location_id: int | None,
    after: tuple[int, int, int] = (0, 0, 0),
    limit: int,
) -> list[AsOfRow]:
    """What lay where, postings of exactly `at` included; without a location, in real places."""
    parameters = {
        "at": at,
        "item_id": item_id,
        "location_id": location_id,
        "after_item": after[0],
        "after_location": after[1],
        "after_lot": after[2],
        "limit": limit,
    }
    return await fetch_all(connection, AsOfRow, _SQL["as_of"], parameters)


async def roll_up_stock(connection: Connection, *, most: int) -> int:
    """Sum postings by the day, at most so many ids; returns how many more could be summed at once.

    Must be a transaction of its own. What a transaction that is still open may have posted waits for the next call.
    """
    return await fetch_value(connection, _SQL["roll_up_stock"], {"most": most}) or 0


async def report(
    connection: Connection,
    name: str,
    row_type: type[Row],
    parameters: Mapping[str, Any],
    *,
    offset: int,
    limit: int,
) -> list[Row]:
    """Rows of a report by the name of its query."""
    given = {**parameters, "offset": offset, "limit": limit}
    return await fetch_all(connection, row_type, _SQL[name], given)
