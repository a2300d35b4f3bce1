"""Stock on its way between two places."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

_SQL = load("shipments")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShipment:
    """What leaves, from where, over where, to where."""

    item_id: int
    lot_id: int
    from_id: int
    transit_id: int
    to_id: int
    quantity: Decimal
    at: datetime
    person_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedShipment:
    """A shipment by ids, locked."""

    id: int
    item_id: int
    lot_id: int
    from_id: int
    transit_id: int
    to_id: int
    quantity: Decimal
    received: Decimal
    turned_back: Decimal

    @property
    def open(self) -> Decimal:
        """What has neither arrived nor come back."""
        return self.quantity - self.received - self.turned_back


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentRow:
    """A shipment in words."""

    id: int
    item: str
    item_name: dict[str, str]
    unit: str
    lot: str
    from_location: str
    transit_location: str
    to_location: str
    quantity: Decimal
    received: Decimal
    turned_back: Decimal
    open: Decimal
    sent_at: datetime
    sent_by: str | None
    closed_at: datetime | None


async def add(connection: Connection, new: NewShipment) -> int:
    """Its id."""
    parameters = {name: getattr(new, name) for name in NewShipment.__slots__}
    found = await fetch_value(connection, _SQL["add"], parameters)
    assert found is not None
    return found


async def lock(connection: Connection, shipment_id: int) -> LockedShipment | None:
    """The shipment, locked until the transaction ends."""
    return await fetch_one(connection, LockedShipment, _SQL["lock"], {"id": shipment_id})


async def advance(
    connection: Connection,
    shipment_id: int,
    *,
    received: Decimal,
    turned_back: Decimal,
    at: datetime,
) -> None:
    """So much more has arrived, or come back."""
    await connection.execute(
        _SQL["advance"],
        {"id": shipment_id, "received": received, "turned_back": turned_back, "at": at},
    )


async def find(
    connection: Connection,
    *,
    id_: int | None = None,
    open_: bool = False,
    location: str | None = None,
    after: int = 0,
    limit: int,
) -> list[ShipmentRow]:
    """Shipments, oldest first."""
    parameters = {"id": id_, "open": open_, "location": location, "after": after, "limit": limit}
    return await fetch_all(connection, ShipmentRow, _SQL["find"], parameters)
