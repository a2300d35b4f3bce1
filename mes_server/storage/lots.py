"""Lots: received, held, and mounted at units; and the places they lie at."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from mes_server.domain.lots import LotInPlace, PlacedLot
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_one, fetch_value

_SQL = load("lots")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRow:
    """A location; `physical` ones hold stock."""

    id: int
    code: str
    name: dict[str, str]
    kind: str
    physical: bool
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRow:
    """A lot, and how much of it lies at the place that was asked about."""

    id: int
    item_id: int
    item: str
    lot: str
    held: bool
    expires_on: date | None
    received_at: datetime
    quantity: Decimal
    reserved: Decimal
    mounted: bool
    """Whether a unit uses it there."""

    @property
    def decided(self) -> LotInPlace:
        """The lot as decisions see it."""
        return LotInPlace(
            item=self.item,
            lot=self.lot,
            held=self.held,
            expires_on=self.expires_on,
            received_at=self.received_at,
            quantity=self.quantity,
            reserved=self.reserved,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLotRow:
    """A lot, and how much of it lies at one of the places that were asked about."""

    id: int
    item_id: int
    item: str
    lot: str
    held: bool
    expires_on: date | None
    received_at: datetime
    quantity: Decimal
    reserved: Decimal
    location_id: int
    location: str

    @property
    def decided(self) -> PlacedLot:
        """The lot as decisions see it."""
        return PlacedLot(
            place=self.location,
            item=self.item,
            lot=self.lot,
            held=self.held,
            expires_on=self.expires_on,
            received_at=self.received_at,
            quantity=self.quantity,
            reserved=self.reserved,
        )


async def find_location(connection: Connection, code: str) -> LocationRow | None:
    """The location with that code."""
    return await fetch_one(connection, LocationRow, _SQL["find_location"], {"code": code})


async def location(connection: Connection, location_id: int) -> LocationRow | None:
    """The location with that id."""
    return await fetch_one(connection, LocationRow, _SQL["location"], {"id": location_id})


async def receive(
    connection: Connection,
    *,
    item_id: int,
    code: str,
    expires_on: date | None,
    supplier_lot: str,
    now: datetime,
) -> None:
    """Make the lot known, if it is not."""
    parameters = {
        "item_id": item_id,
        "code": code,
        "expires_on": expires_on,
        "supplier_lot": supplier_lot,
        "now": now,
    }
    await connection.execute(_SQL["receive"], parameters)


async def find_lots(
    connection: Connection, *, lot: str, item: str | None, location_id: int | None
) -> list[LotRow]:
    """Lots with that code, of one item or of any; those that lie at the location first."""
    parameters = {"lot": lot, "item": item, "location_id": location_id}
    return await fetch_all(connection, LotRow, _SQL["find"], parameters)


async def lots_at(connection: Connection, *, item_id: int, location_id: int) -> list[LotRow]:
    """The item's lots at a location, first expired first."""
    parameters = {"item_id": item_id, "location_id": location_id}
    return await fetch_all(connection, LotRow, _SQL["at_place"], parameters)


async def lots_in(
    connection: Connection, *, item_id: int, places: Collection[int], lots: Collection[str]
) -> list[PlacedLotRow]:
    """The item's lots at these places, first expired first: these `lots`, or of none all."""
    parameters = {"item_id": item_id, "places": sorted(places), "lots": sorted(lots) or None}
    return await fetch_all(connection, PlacedLotRow, _SQL["in_places"], parameters)


async def set_held(connection: Connection, lot_id: int, *, held: bool) -> None:
    """Hold or release a lot."""
    status = "held" if held else "available"
    await connection.execute(_SQL["set_status"], {"lot_id": lot_id, "status": status})


async def places_of(connection: Connection, lot_id: int) -> list[int]:
    """Ids of the real locations where the lot lies."""
    return await fetch_column(connection, _SQL["places_of"], {"lot_id": lot_id})


async def components_at_unit(
    connection: Connection, equipment_id: int
) -> tuple[str, frozenset[str]] | None:
    """The order that is, or is next, at the unit, and the items it uses; None when there is none."""
    cursor = await connection.execute(_SQL["components_at_unit"], {"equipment_id": equipment_id})
    rows = await cursor.fetchall()
    if not rows:
        return None
    return rows[0][0], frozenset(item for _, item in rows if item is not None)


async def mount(
    connection: Connection,
    lot: LotRow,
    *,
    equipment_id: int,
    location_id: int,
    at: datetime,
    person_id: int | None,
) -> bool:
    """Mount the lot, and take off lots of its item that are used up; False when it is mounted already."""
    parameters = {
        "equipment_id": equipment_id,
        "item_id": lot.item_id,
        "lot_id": lot.id,
        "location_id": location_id,
        "quantity": lot.quantity,
        "at": at,
        "person_id": person_id,
    }
    await connection.execute(_SQL["unmount_empty"], parameters)
    return await fetch_value(connection, _SQL["mount"], parameters) is not None


async def mounted_at(
    connection: Connection, *, item_id: int, location_id: int
) -> list[tuple[str, int]]:
    """(lot, equipment id) of what units use of an item at a location, in the order in which it was mounted."""
    parameters = {"item_id": item_id, "location_id": location_id}
    cursor = await connection.execute(_SQL["mounted_at_place"], parameters)
    return [(lot, unit) for lot, unit in await cursor.fetchall()]


async def mounted_where(connection: Connection, *, lot_id: int, location_id: int) -> str | None:
    """Path of the unit where the lot is mounted at that location."""
    parameters = {"lot_id": lot_id, "location_id": location_id}
    return await fetch_value(connection, _SQL["mounted_where"], parameters)


async def unmount(connection: Connection, *, equipment_id: int, lot_id: int, at: datetime) -> bool:
    """Take the lot off the unit; False when it was not mounted there."""
    parameters = {"equipment_id": equipment_id, "lot_id": lot_id, "at": at}
    return await fetch_value(connection, _SQL["unmount_lot"], parameters) is not None
