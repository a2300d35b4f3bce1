"""Pieces and material at suppliers that do an operation."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from mes_server.domain.bill_of_material import Component
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("outside")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentRow:
    """What left or came back."""

    id: int
    number: str
    operation: int
    equipment: str
    equipment_name: dict[str, str]
    sent: Decimal
    good: Decimal
    scrap: Decimal
    note: str
    at: datetime
    person: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvidedRow:
    """A component that goes with the pieces, and where the supplier uses it."""

    item_id: int
    item: str
    location_id: int
    quantity: Decimal
    base_quantity: Decimal
    scrap_percent: Decimal

    @property
    def component(self) -> Component:
        """Its statement."""
        return Component(
            item=self.item,
            quantity=self.quantity,
            base_quantity=self.base_quantity,
            scrap_percent=self.scrap_percent,
        )


async def add(
    connection: Connection,
    *,
    operation_id: int,
    sent: Decimal = Decimal(0),
    good: Decimal = Decimal(0),
    scrap: Decimal = Decimal(0),
    note: str,
    at: datetime,
    person_id: int | None,
    command_id: UUID,
) -> None:
    """Keep what left or came back."""
    given = {
        "operation_id": operation_id,
        "sent": sent,
        "good": good,
        "scrap": scrap,
        "note": note,
        "at": at,
        "person_id": person_id,
        "command_id": command_id,
    }
    await connection.execute(_SQL["add"], given)
    if sent:
        await connection.execute(_SQL["send"], {"operation_id": operation_id, "sent": sent})


async def find(
    connection: Connection, number: str, *, before: int | None, limit: int
) -> list[ShipmentRow]:
    """What left and came back for an order, newest first; `before` is the last id of the page before."""
    parameters = {"number": number, "before": before, "limit": limit}
    return await fetch_all(connection, ShipmentRow, _SQL["find"], parameters)


async def provided(connection: Connection, operation_id: int) -> list[ProvidedRow]:
    """The components that the operation consumes at its supplier."""
    key = {"operation_id": operation_id}
    return await fetch_all(connection, ProvidedRow, _SQL["provided"], key)


async def lots_to_take(
    connection: Connection, *, operation_id: int, item_id: int, location_id: int, today: date
) -> list[tuple[int, Decimal]]:
    """(lot, what of it is free for the operation) at a place: its own claims, then first expired first out."""
    parameters = {
        "operation_id": operation_id,
        "item_id": item_id,
        "location_id": location_id,
        "today": today,
    }
    cursor = await connection.execute(_SQL["lots_to_take"], parameters)
    return [(lot, free) for lot, free in await cursor.fetchall()]
