"""Adjustments of stock by people, and the movements that they reverse."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

_SQL = load("adjustments")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAdjustment:
    """What somebody asked for; `movement_id` is None while it waits."""

    item_id: int
    lot_id: int
    location_id: int
    quantity: Decimal
    value: Decimal
    reason: str
    state: str
    at: datetime
    person_id: int | None
    command_id: UUID
    movement_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAdjustment:
    """A locked adjustment."""

    id: int
    item_id: int
    item: str
    lot_id: int
    location_id: int
    quantity: Decimal
    reason: str
    state: str
    asked_by: int | None
    asker: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentRow:
    """An adjustment in words."""

    id: int
    item: str
    item_name: dict[str, str]
    unit: str
    lot: str
    location: str
    quantity: Decimal
    value: Decimal
    reason: str
    state: str
    asked_at: datetime
    asked_by: str | None
    decided_at: datetime | None
    decided_by: str | None
    decision: str
    movement: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingRow:
    """A movement by ids, and the one that reversed it."""

    id: int
    kind: str
    item_id: int
    lot_id: int
    from_id: int
    to_id: int
    quantity: Decimal
    at: datetime
    operation_id: int | None
    equipment_id: int | None
    from_kind: str
    to_kind: str
    reversed_by: int | None


async def limit(connection: Connection) -> Decimal:
    """What a manual adjustment may be worth without another person."""
    found = await fetch_value(connection, _SQL["limit"], {})
    assert isinstance(found, Decimal)
    return found


async def set_limit(connection: Connection, limit: Decimal) -> None:
    """What a manual adjustment may be worth from now on."""
    await connection.execute(_SQL["set_limit"], {"limit": limit})


async def unit_cost(connection: Connection, item_id: int) -> Decimal:
    """What one stock unit of the item is worth."""
    found = await fetch_value(connection, _SQL["unit_cost"], {"item_id": item_id})
    assert isinstance(found, Decimal)
    return found


async def add(connection: Connection, new: NewAdjustment) -> int:
    """Its id."""
    parameters = {name: getattr(new, name) for name in NewAdjustment.__slots__}
    found = await fetch_value(connection, _SQL["add"], parameters)
    assert found is not None
    return found


async def lock_waiting(connection: Connection, adjustment_id: int) -> WaitingAdjustment | None:
    """The adjustment, locked until the transaction ends."""
    return await fetch_one(
        connection, WaitingAdjustment, _SQL["lock_waiting"], {"id": adjustment_id}
    )


async def decide(
    connection: Connection,
    adjustment_id: int,
    *,
    state: str,
    at: datetime,
    person_id: int | None,
    decision: str,
    movement_id: int | None,
) -> None:
    """Keep what was decided."""
    await connection.execute(
        _SQL["decide"],
        {
            "id": adjustment_id,
            "state": state,
            "at": at,
            "person_id": person_id,
            "decision": decision,
            "movement_id": movement_id,
        },
    )


async def find(
    connection: Connection,
    *,
    id_: int | None = None,
    state: str | None = None,
    item: str | None = None,
    after: int = 0,
    limit: int,
) -> list[AdjustmentRow]:
    """Adjustments, oldest first."""
    parameters = {"id": id_, "state": state, "item": item, "after": after, "limit": limit}
    return await fetch_all(connection, AdjustmentRow, _SQL["find"], parameters)


async def posting(connection: Connection, movement_id: int) -> PostingRow | None:
    """The movement with that id."""
    return await fetch_one(connection, PostingRow, _SQL["posting"], {"id": movement_id})


async def lock_operation(connection: Connection, operation_id: int) -> None:
    """Lock the operation of a movement."""
    await connection.execute(_SQL["lock_operation"], {"id": operation_id})
