"""What lies where, and what waits for stock."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("stock")


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLineRow:
    """A lot at a real place; `position` names it for the next page."""

    location: str
    location_name: dict[str, str]
    kind: str
    item: str
    item_name: dict[str, str]
    unit: str
    lot: str
    quantity: Decimal
    reserved: Decimal
    expires_on: date | None
    status: str
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortageRow:
    """Consumption that waits for stock."""

    id: int
    kind: str
    item: str
    item_name: dict[str, str]
    unit: str
    location: str
    location_name: dict[str, str]
    equipment: str
    order: str | None
    quantity: Decimal
    remaining: Decimal
    since: datetime


async def stock_lines(
    connection: Connection,
    *,
    location: str | None,
    item: str | None,
    after: tuple[int, int, int],
    limit: int,
    below: bool = False,
) -> list[StockLineRow]:
    """Lots at places, `below`: also in the places inside the location; `after` is the (item, location, lot) of the last line of the page before."""
    parameters = {
        "location": location,
        "item": item,
        "below": below,
        "after_item": after[0],
        "after_location": after[1],
        "after_lot": after[2],
        "limit": limit,
    }
    return await fetch_all(connection, StockLineRow, _SQL["lines"], parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalRow:
    """An item in a place and all places below it; `position` names it for the next page."""

    item: str
    item_name: dict[str, str]
    unit: str
    on_hand: Decimal
    reserved: Decimal
    blocked: Decimal
    places: int
    position: int


async def totals_below(
    connection: Connection, *, location: str, item: str | None, after: int, limit: int
) -> list[TotalRow]:
    """Stock summed up a subtree of places, an item a row."""
    parameters = {"location": location, "item": item, "after": after, "limit": limit}
    return await fetch_all(connection, TotalRow, _SQL["totals_below"], parameters)


async def open_shortages(connection: Connection, *, after: int, limit: int) -> list[ShortageRow]:
    """Waiting consumption, oldest first."""
    parameters = {"after": after, "limit": limit}
    return await fetch_all(connection, ShortageRow, _SQL["shortages"], parameters)
