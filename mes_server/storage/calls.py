"""Loops call for what is due, up the chain of supply, and open calls are changed when their order changes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from mes_server.storage import cards
from mes_server.storage.binary_values import integers
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_value

_SQL = load("calls")

Place = tuple[int, int]
"""(item, location) ids."""
LEVELS_MAX = 6
"""How far one change of stock is followed: line side, store, ... The periodic look finds what lies beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCall:
    """An open call by forecast, and what a review of it looks at; `stock` is projected without the call."""

    id: int
    state: str
    quantity: Decimal
    item_id: int
    location_id: int
    stock: Decimal
    need: Decimal
    drawn: bool
    minimum: Decimal | None
    multiple: Decimal | None
    pack: Decimal | None
    maximum: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentRow:
    """A change of a call after it was raised."""

    verdict: str
    quantity_before: Decimal
    quantity_after: Decimal
    stock: Decimal | None
    need: Decimal | None
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raised:
    id: int
    item_id: int
    source_id: int
    goes_on: bool


async def raise_due(
    connection: Connection,
    *,
    places: Collection[Place],
    now: datetime,
    ingest_id: int | None,
    command_id: UUID | None,
) -> frozenset[int]:
    """Raise what is due at `places`, and at the places that these calls draw from; the ids of the new calls.

    The transaction has the say about `places`; about the others it takes it where nobody else has it.
    """
    new: set[int] = set()
    level = sorted(places)
    if level:
        await cards.follow_supply(connection, level, now=now)
    for _ in range(LEVELS_MAX):
        if not level:
            break
        values = {
            "items": integers(item for item, _ in level),
            "places": integers(place for _, place in level),
            "now": now,
            "ingest_id": ingest_id,
            "command_id": command_id,
        }
        raised = await fetch_all(connection, _Raised, _SQL["raise_due"], values)
        new.update(row.id for row in raised)
        level = await _free_to_decide(
            connection, {(row.item_id, row.source_id) for row in raised if row.goes_on}
        )
    return frozenset(new)


async def _free_to_decide(connection: Connection, places: Collection[Place]) -> list[Place]:
    """The places that this transaction has the say about by now, without having waited for it."""
    if not places:
        return []
    ordered = sorted(places)
    values = {
        "items": integers(item for item, _ in ordered),
        "places": integers(place for _, place in ordered),
    }
    rows = await (await connection.execute(_SQL["free_to_decide"], values)).fetchall()
    return [(item, place) for item, place in rows]


async def loops_to_look_at(
    connection: Connection, *, after: int, limit: int
) -> tuple[list[Place], int]:
    """Places whose loops time alone can make due, with up to `limit` others after loop `after`; and the loop to go on
    after the next time, 0 when all others have been seen."""
    window = {"after": after, "limit": limit}
    rows = await (await connection.execute(_SQL["loops_to_look_at"], window)).fetchall()
    go_on = await fetch_value(connection, _SQL["look_on_after"], window)
    return [(item, place) for _, item, place in rows], go_on or 0


async def open_on_demand(connection: Connection, operations: Collection[int]) -> list[OpenCall]:
    """Open calls by forecast where these operations draw, locked."""
    values = {"operations": sorted(operations)}
    return await fetch_all(connection, OpenCall, _SQL["open_on_demand"], values)


async def adjust(
    connection: Connection,
    signal_id: int,
    *,
    verdict: str,
    before: Decimal,
    quantity: Decimal,
    reason: str,
    now: datetime,
    command_id: UUID | None,
    stock: Decimal | None = None,
    need: Decimal | None = None,
) -> None:
    """Change a call and keep why."""
    values = {
        "signal_id": signal_id,
        "verdict": verdict,
        "before": before,
        "quantity": quantity,
        "reason": reason,
        "now": now,
        "command_id": command_id,
        "stock": stock,
        "need": need,
    }
    await connection.execute(_SQL["adjust"], values)


async def seen(connection: Connection, signal_id: int) -> dict[str, Any]:
    """What the rule saw when it raised the call, decimals as text; empty for calls of old."""
    return await fetch_value(connection, _SQL["seen"], {"signal_id": signal_id}) or {}


async def adjustments(connection: Connection, signal_id: int) -> list[AdjustmentRow]:
    """How a call was changed after it was raised, oldest first."""
    return await fetch_all(connection, AdjustmentRow, _SQL["adjustments"], {"signal_id": signal_id})


async def questions_of(connection: Connection, signals: Collection[int]) -> frozenset[int]:
    """Which of these calls ask already whether they are still wanted."""
    values = {"signals": sorted(signals)}
    return frozenset(await fetch_column(connection, _SQL["questions_of"], values))
