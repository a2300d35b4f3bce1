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
    found = await stretches(connection, items, at=at)
    return {
        item: (tell(parts, standard=standard), standard)
        for item, (parts, standard) in found.items()
    }


async def stretches(
    connection: Connection, items: Sequence[int], *, at: datetime, operations: Sequence[int] = ()
) -> dict[int, tuple[list[Stretch], Decimal]]:
    """Item -> (its stretches up to a time, its standard cost); `own` of them is what `operations` consumed."""
    given = {"items": list(items), "at": at, "operations": list(operations)}
    standards = dict(await (await connection.execute(_SQL["standards"], given)).fetchall())
    found: dict[int, tuple[list[Stretch], Decimal]] = {
        item: ([], standards[item]) for item in items
    }
    for item, gained, worth, moved, own in await (
        await connection.execute(_SQL["stretches"], given)
    ).fetchall():
        found[item][0].append(Stretch(gained=gained, worth=worth, moved=moved, own=own))
    return found


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
