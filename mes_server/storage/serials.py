"""Single pieces by their serial numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_value

_SQL = load("serials")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece by ids, locked."""

    id: int
    code: str
    item_id: int
    lot_id: int
    lot: str
    location_id: int | None
    state: str
    made_by: int | None
    built_into: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceRow:
    """A piece in words."""

    id: int
    item: str
    item_name: dict[str, str]
    serial: str
    lot: str
    state: str
    location: str | None
    made_by: str | None
    built_into_item: str | None
    built_into: str | None
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceEvent:
    """What happened to a piece."""

    kind: str
    at: datetime
    from_location: str | None
    to_location: str | None
    into_item: str | None
    into_serial: str | None
    order: str | None
    movement: int | None
    person: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is written down of pieces."""

    kind: str
    at: datetime
    person_id: int | None
    command_id: UUID
    from_id: int | None = None
    to_id: int | None = None
    into_id: int | None = None
    operation_id: int | None = None
    movement_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceFilter:
    """Which ones; None takes all. `after` is the last id of the page before."""

    ids: Sequence[int] | None = None
    item: str | None = None
    serial: str | None = None
    lot: str | None = None
    location: str | None = None
    state: str | None = None
    after: int = 0


async def known(connection: Connection, *, item_id: int, codes: Sequence[str]) -> list[str]:
    """Which numbers the item has already."""
    parameters = {"item_id": item_id, "codes": list(codes)}
    return await fetch_column(connection, _SQL["known"], parameters)


async def numbered(connection: Connection, *, item_id: int, lot_id: int, location_id: int) -> int:
    """How many pieces of the lot there have numbers."""
    parameters = {"item_id": item_id, "lot_id": lot_id, "location_id": location_id}
    found = await fetch_value(connection, _SQL["numbered"], parameters)
    assert isinstance(found, int)
    return found


async def built_in(connection: Connection, *, item_id: int, lot_id: int, operation_id: int) -> int:
    """How many pieces of the lot the operation has built into others; they come back by their numbers."""
    parameters = {"item_id": item_id, "lot_id": lot_id, "operation_id": operation_id}
    found = await fetch_value(connection, _SQL["built_in"], parameters)
    assert isinstance(found, int)
    return found


async def register(
    connection: Connection,
    *,
    item_id: int,
    lot_id: int,
    location_id: int,
    operation_id: int | None,
    codes: Sequence[str],
    at: datetime,
    person_id: int | None,
    command_id: UUID,
) -> None:
    """Give pieces their numbers."""
    await connection.execute(
        _SQL["register"],
        {
            "item_id": item_id,
            "lot_id": lot_id,
            "location_id": location_id,
            "operation_id": operation_id,
            "codes": list(codes),
            "at": at,
            "person_id": person_id,
            "command_id": command_id,
        },
    )


async def lock(connection: Connection, *, item_id: int, codes: Sequence[str]) -> list[Piece]:
    """The pieces with these numbers, locked until the transaction ends."""
    parameters = {"item_id": item_id, "codes": list(codes)}
    return await fetch_all(connection, Piece, _SQL["lock"], parameters)


async def move(connection: Connection, ids: Sequence[int], *, to_id: int) -> None:
    """They lie elsewhere."""
    await connection.execute(_SQL["move"], {"ids": list(ids), "to_id": to_id})


async def build(connection: Connection, ids: Sequence[int], *, into_id: int) -> None:
    """They are built into a piece."""
    await connection.execute(_SQL["build"], {"ids": list(ids), "into_id": into_id})


async def take_out(connection: Connection, ids: Sequence[int], *, to_id: int) -> None:
    """They are taken out of what they were built into."""
    await connection.execute(_SQL["take_out"], {"ids": list(ids), "to_id": to_id})


async def note(connection: Connection, ids: Sequence[int], what: Note) -> None:
    """Write down what happened to them."""
    parameters = {name: getattr(what, name) for name in Note.__slots__}
    await connection.execute(_SQL["note"], parameters | {"ids": list(ids)})


async def of_movement(connection: Connection, movement_id: int) -> bool:
    """Whether numbered pieces went with a movement."""
    return bool(await fetch_value(connection, _SQL["of_movement"], {"movement_id": movement_id}))


async def inside(connection: Connection, piece_id: int) -> list[int]:
    """Ids of all pieces that are built into it, on any level, at most 2,000."""
    return await fetch_column(connection, _SQL["inside"], {"id": piece_id})


async def find(connection: Connection, which: PieceFilter, *, limit: int) -> list[PieceRow]:
    """Pieces, by id."""
    parameters = {name: getattr(which, name) for name in PieceFilter.__slots__}
    parameters["ids"] = None if which.ids is None else list(which.ids)
    return await fetch_all(connection, PieceRow, _SQL["find"], parameters | {"limit": limit})


async def history(connection: Connection, piece_id: int) -> list[PieceEvent]:
    """What happened to it, oldest first."""
    return await fetch_all(connection, PieceEvent, _SQL["history"], {"id": piece_id})
