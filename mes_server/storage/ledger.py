"""Booking into the ledger: balances locked in one order, checked, changed, and the movements appended."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from mes_server.domain.serial import SerialsNeeded
from mes_server.domain.stock import StockTooLow
from mes_server.storage import stock_effects
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_column

_SQL = load("ledger")

BalanceKey = tuple[int, int, int]
"""(item, location, lot): also the lock order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMovement:
    """`quantity` of a lot goes from one location to another."""

    kind: str
    item_id: int
    lot_id: int
    from_id: int
    to_id: int
    quantity: Decimal
    at: datetime
    operation_id: int | None = None
    equipment_id: int | None = None
    reason: str | None = None
    reverses_id: int | None = None
    ingest_id: int | None = None
    """The batch whose facts it tells anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRow:
    """A locked balance and how people call it."""

    item_id: int
    location_id: int
    lot_id: int
    quantity: Decimal
    reserved: Decimal
    physical: bool
    item: str
    lot: str
    place: dict[str, str]

    @property
    def key(self) -> BalanceKey:
        """Identity and place in the lock order."""
        return (self.item_id, self.location_id, self.lot_id)


async def book(
    connection: Connection,
    movements: Sequence[NewMovement],
    *,
    booked_at: datetime,
    command_id: UUID,
    person_id: int | None,
    reservations: Mapping[BalanceKey, Decimal] | None = None,
    settled: bool = False,
) -> list[int]:
    """Book movements, and change reservations (+ more, - less) with them; the ids of the movements, in order.

    `settled`: the containers at these places are settled already. Raises StockTooLow, naming item, lot and place, when
    a real place would hold less than nothing or less than what is reserved there, and SerialsNeeded when numbered
    pieces would leave without their numbers.
    """
    deltas: dict[BalanceKey, Decimal] = defaultdict(Decimal)
    for movement in movements:
        deltas[movement.item_id, movement.from_id, movement.lot_id] -= movement.quantity
        deltas[movement.item_id, movement.to_id, movement.lot_id] += movement.quantity
    await _change(connection, deltas, reservations or {}, settled=settled)
    rows = [
        {
            **asdict(movement),
            "nr": number,
            "quantity": str(movement.quantity),
            "at": movement.at.isoformat(),
        }
        for number, movement in enumerate(movements)
    ]
    return await fetch_column(
        connection,
        _SQL["insert_movements"],
        {
            "rows": Jsonb(rows),
            "booked_at": booked_at,
            "command_id": command_id,
            "person_id": person_id,
        },
    )


async def reserve(connection: Connection, reservations: Mapping[BalanceKey, Decimal]) -> None:
    """Reserve (+) or set free (-) stock; raises StockTooLow when there is not so much free."""
    await _change(connection, {}, reservations)


async def lock(connection: Connection, places: Collection[tuple[int, int]]) -> None:
    """Have the say about (item, location) pairs until the transaction ends.

    Once a transaction, after the operations are locked, with every pair that it reads to decide or books on.
    """
    await stock_effects.lock_places(connection, places)


async def settle_containers(connection: Connection, keys: Sequence[BalanceKey]) -> None:
    """Write down what is in containers now, before their stock changes."""
    await connection.execute(_SQL["settle_containers"], _columns(keys))


async def _numbered(
    connection: Connection, columns: Mapping[str, list[int]]
) -> dict[BalanceKey, int]:
    """How many pieces of the balances have serial numbers."""
    cursor = await connection.execute(_SQL["numbered_there"], columns)
    return {(item, place, lot): count for item, place, lot, count in await cursor.fetchall()}


def _columns(keys: Sequence[BalanceKey]) -> dict[str, list[int]]:
    return {
        "items": [item for item, _, _ in keys],
        "locations": [location for _, location, _ in keys],
        "lots": [lot for _, _, lot in keys],
    }


async def _change(
    connection: Connection,
    deltas: Mapping[BalanceKey, Decimal],
    reservations: Mapping[BalanceKey, Decimal],
    *,
    settled: bool = False,
) -> None:
    keys = sorted(deltas.keys() | reservations.keys())
    await stock_effects.lock_places(connection, {(item, place) for item, place, _ in keys})
    columns = _columns(keys)
    await connection.execute(_SQL["ensure_balances"], columns)
    async with connection.cursor(row_factory=class_row(BalanceRow)) as locked:
        await locked.execute(_SQL["lock_balances"], columns)
        if not settled:
            await connection.execute(_SQL["settle_containers"], columns)
        numbered = await _numbered(connection, columns)
        rows = await locked.fetchall()
    for row in rows:
        delta = deltas.get(row.key, Decimal(0))
        extra = reservations.get(row.key, Decimal(0))
        if (
            row.physical
            and delta < 0
            and numbered.get(row.key, 0) > max(row.quantity + delta, Decimal(0))
        ):
            raise SerialsNeeded(
                item=row.item, lot=row.lot, place=row.place, count=numbered[row.key]
            )
        if row.physical and row.quantity + delta < row.reserved + extra:
            raise StockTooLow(
                item=row.item,
                lot=row.lot,
                place=row.place,
                here=row.quantity,
                reserved=row.reserved + min(extra, Decimal(0)),
                wanted=max(extra, Decimal(0)) - min(delta, Decimal(0)),
            )
    await connection.execute(
        _SQL["change_balances"],
        columns
        | {
            "deltas": [deltas.get(key, Decimal(0)) for key in keys],
            "reserves": [reservations.get(key, Decimal(0)) for key in keys],
        },
    )
