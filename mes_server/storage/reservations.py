"""Reservations: what operations have claimed of lots at places. The database keeps balance.reserved in step.

Whoever changes them has locked the operation first and then the balances of the place (`ledger.lock`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from mes_server.domain.reservation import Claim
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

_SQL = load("reservations")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReservation:
    """`quantity` of a lot at a place, for an operation."""

    operation_id: int
    item_id: int
    location_id: int
    lot_id: int
    hard: bool
    quantity: Decimal
    at: datetime
    person_id: int | None
    command_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationRow:
    """A reservation in words."""

    id: int
    order: str
    operation: int
    item: str
    item_name: dict[str, str]
    unit: str
    location: str
    location_name: dict[str, str]
    lot: str
    hard: bool
    quantity: Decimal
    remaining: Decimal
    at: datetime
    ended_at: datetime | None
    person: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationPlace:
    """What a reservation is on, and what is left of it."""

    operation_id: int
    item_id: int
    location_id: int
    lot_id: int
    remaining: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationFilter:
    """Which ones; None takes all. `after` is the last id of the page before."""

    ids: Sequence[int] | None = None
    order: str | None = None
    item: str | None = None
    location: str | None = None
    open: bool = True
    after: int = 0


async def add(connection: Connection, new: NewReservation) -> int:
    """Its id; raises CheckViolation when there is not so much free."""
    parameters = {name: getattr(new, name) for name in NewReservation.__slots__}
    found = await fetch_value(connection, _SQL["add"], parameters)
    assert found is not None
    return found


async def claims_at(connection: Connection, *, item_id: int, location_id: int) -> list[Claim]:
    """What is claimed of an item at a place, oldest first."""
    parameters = {"item_id": item_id, "location_id": location_id}
    return await fetch_all(connection, Claim, _SQL["claims_at"], parameters)


async def take(
    connection: Connection,
    *,
    operation_id: int,
    item_id: int,
    location_id: int,
    lot_id: int,
    quantity: Decimal,
    at: datetime,
) -> None:
    """The operation uses up its claims on a lot, as far as they reach."""
    await connection.execute(
        _SQL["take"],
        {
            "operation_id": operation_id,
            "item_id": item_id,
            "location_id": location_id,
            "lot_id": lot_id,
            "quantity": quantity,
            "at": at,
        },
    )


async def reduce(connection: Connection, id_: int, *, quantity: Decimal, at: datetime) -> bool:
    """Release so much of a reservation; False when not so much is left."""
    parameters = {"id": id_, "quantity": quantity, "at": at}
    return (await connection.execute(_SQL["reduce"], parameters)).rowcount == 1


async def exchange(
    connection: Connection, id_: int, *, lot_id: int, quantity: Decimal, at: datetime
) -> None:
    """So much of a soft reservation is on another lot from now on."""
    parameters = {"id": id_, "lot_id": lot_id, "quantity": quantity, "at": at}
    await connection.execute(_SQL["reduce"], parameters)
    await connection.execute(_SQL["move_claim"], parameters)


async def find(
    connection: Connection, which: ReservationFilter, *, limit: int
) -> list[ReservationRow]:
    """Reservations, oldest first."""
    parameters = {name: getattr(which, name) for name in ReservationFilter.__slots__}
    parameters["ids"] = None if which.ids is None else list(which.ids)
    return await fetch_all(connection, ReservationRow, _SQL["find"], parameters | {"limit": limit})


async def place_of(connection: Connection, id_: int) -> ReservationPlace | None:
    """What a reservation is on."""
    return await fetch_one(connection, ReservationPlace, _SQL["place_of"], {"id": id_})


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What an operation has claimed of an item at a place, all lots together."""

    operation_id: int
    item_id: int
    item: str
    location_id: int
    remaining: Decimal


async def held(connection: Connection, operations: Collection[int]) -> list[Held]:
    """What the operations have claimed now."""
    return await fetch_all(connection, Held, _SQL["held"], {"operations": list(operations)})


async def release_all(connection: Connection, claim: Held, *, at: datetime) -> None:
    """The operation claims nothing of that item at that place any more."""
    which = {
        "operation_id": claim.operation_id,
        "item_id": claim.item_id,
        "location_id": claim.location_id,
        "at": at,
    }
    await connection.execute(_SQL["release_all"], which)


async def places_of_operation(connection: Connection, operation_id: int) -> set[tuple[int, int]]:
    """(item, location) where the operation has claimed something."""
    cursor = await connection.execute(_SQL["places_of_operation"], {"operation_id": operation_id})
    return {(item, place) for item, place in await cursor.fetchall()}
