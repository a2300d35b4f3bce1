"""Containers and what they hold."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

_SQL = load("containers")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedContainer:
    """A container, locked."""

    id: int
    code: str
    location_id: int
    place: dict[str, str]
    sealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRow:
    """So much of a lot."""

    item_id: int
    item: str
    item_name: dict[str, str]
    unit: str
    lot_id: int
    lot: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRow:
    """A container in words."""

    id: int
    code: str
    kind: str
    location: str
    location_name: dict[str, str]
    tare: Decimal | None
    tare_unit: str | None
    sealed: bool
    moved_at: datetime | None


async def create(
    connection: Connection,
    *,
    code: str,
    kind: str,
    location_id: int,
    tare: Decimal | None,
    tare_unit: str | None,
    at: datetime,
) -> bool:
    """False when the code is taken."""
    parameters = {
        "code": code,
        "kind": kind,
        "location_id": location_id,
        "tare": tare,
        "tare_unit": tare_unit,
        "at": at,
    }
    return await fetch_value(connection, _SQL["create"], parameters) is not None


async def lock(connection: Connection, code: str) -> LockedContainer | None:
    """The container, locked until the transaction ends."""
    return await fetch_one(connection, LockedContainer, _SQL["lock"], {"code": code})


async def contents(connection: Connection, container_id: int) -> list[ContentRow]:
    """What it holds now."""
    return await fetch_all(connection, ContentRow, _SQL["contents"], {"id": container_id})


async def packed_there(
    connection: Connection, *, item_id: int, lot_id: int, location_id: int
) -> Decimal:
    """How much of the lot is in containers of that place."""
    parameters = {"item_id": item_id, "lot_id": lot_id, "location_id": location_id}
    found = await fetch_value(connection, _SQL["packed_there"], parameters)
    assert isinstance(found, Decimal)
    return found


async def add(
    connection: Connection, container_id: int, *, item_id: int, lot_id: int, quantity: Decimal
) -> None:
    """So much more of a lot is in it."""
    parameters = {"id": container_id, "item_id": item_id, "lot_id": lot_id, "quantity": quantity}
    await connection.execute(_SQL["add"], parameters)


async def take(
    connection: Connection, container_id: int, *, item_id: int, lot_id: int, quantity: Decimal
) -> None:
    """So much less of a lot is in it."""
    parameters = {"id": container_id, "item_id": item_id, "lot_id": lot_id, "quantity": quantity}
    await connection.execute(_SQL["take"], parameters)


async def set_place(
    connection: Connection, container_id: int, *, location_id: int, at: datetime
) -> None:
    """It stands elsewhere."""
    parameters = {"id": container_id, "location_id": location_id, "at": at}
    await connection.execute(_SQL["set_place"], parameters)


async def set_sealed(connection: Connection, container_id: int, *, sealed: bool) -> None:
    """It is full, or open again."""
    await connection.execute(_SQL["set_sealed"], {"id": container_id, "sealed": sealed})


async def find(
    connection: Connection,
    *,
    code: str | None = None,
    location: str | None = None,
    item: str | None = None,
    after: int = 0,
    limit: int,
) -> list[ContainerRow]:
    """Containers, by id."""
    parameters = {"code": code, "location": location, "item": item, "after": after, "limit": limit}
    return await fetch_all(connection, ContainerRow, _SQL["find"], parameters)
