"""Costs: prices of receipts, moving averages told from the ledger, and work in process."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.domain.moving_average import CostState, Stretch, tell
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("costs")


@dataclass(frozen=True, slots=True, kw_only=True)
class CostedItem:
    """An item and its standard cost."""

    id: int
    code: str
    name: dict[str, str]
    unit: str
    standard_cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcessRow:
    """An order's work in process, at standard cost."""

    id: int
    order: str
    item: str
    item_name: dict[str, str]
    unit: str
    made: Decimal
    issued_value: Decimal
    made_value: Decimal
    in_process_value: Decimal


async def keep_price(connection: Connection, movement_id: int, *, amount: Decimal) -> None:
    """Keep what was paid for a receipt, all of it together."""
    await connection.execute(_SQL["keep_price"], {"movement_id": movement_id, "amount": amount})


async def states(
    connection: Connection, items: Sequence[int], *, at: datetime
) -> dict[int, tuple[CostState, Decimal]]:
    """Item -> (its valued stock as of a time, its standard cost), told from the whole ledger up to then."""
    given = {"items": list(items), "at": at}
    standards = dict(await (await connection.execute(_SQL["standards"], given)).fetchall())
    stretches: dict[int, list[Stretch]] = {item: [] for item in items}
    for item, gained, worth, moved in await (
        await connection.execute(_SQL["stretches"], given)
    ).fetchall():
        stretches[item].append(Stretch(gained=gained, worth=worth, moved=moved))
    return {
        item: (tell(stretches[item], standard=standards[item]), standards[item]) for item in items
    }


async def find_items(
    connection: Connection, *, code: str | None = None, after: int = 0, limit: int
) -> list[CostedItem]:
    """Items, by id."""
    parameters = {"code": code, "after": after, "limit": limit}
    return await fetch_all(connection, CostedItem, _SQL["items"], parameters)


async def work_in_process(
    connection: Connection, *, order: str | None, after: int, limit: int
) -> list[InProcessRow]:
    """Orders that are at work, or one by its number."""
    parameters = {"order": order, "after": after, "limit": limit}
    return await fetch_all(connection, InProcessRow, _SQL["work_in_process"], parameters)
