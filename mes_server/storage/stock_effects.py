"""What follows from a change of stock, inside the same transaction: waiting consumption books itself, and a place that
falls to its reorder point calls for replenishment."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from mes_server.storage import calls
from mes_server.storage.binary_values import integers
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.touched import Touched

_SQL = load("consumption")

Place = tuple[int, int]
"""(item, location) ids."""


async def clear_workspace(connection: Connection) -> None:
    """Empty this connection's temporary tables for another use within the same transaction."""
    await connection.execute(_SQL["clear_workspace"])


async def clear_pending(connection: Connection) -> None:
    """Empty the postings that are booked, before others are made within the same transaction."""
    await connection.execute(_SQL["clear_pending"])


async def lock_places(connection: Connection, places: Collection[Place]) -> None:
    """Have the say about these places until the transaction ends; call it after the operations are locked and before
    any balance is."""
    await connection.execute(_SQL["lock_places"], _pairs(places))


class Waiting(NamedTuple):
    """What there is at places before new demand is served, true as long as the transaction has the say about them."""

    entries: int
    """Shortages, which are demand by now."""
    claims: bool
    """Operations have reserved lots there."""


async def demand_open_shortages(
    connection: Connection, *, places: Collection[Place], now: datetime
) -> Waiting:
    """Put what waits at `places` before new demand."""
    row = await (
        await connection.execute(_SQL["demand_open_shortages"], {"now": now, **_pairs(places)})
    ).fetchone()
    assert row is not None
    return Waiting._make(row)


async def allocate(
    connection: Connection,
    waiting: Waiting,
    *,
    now: datetime,
    today: date,
    ingest_id: int | None,
    command_id: UUID | None,
) -> tuple[frozenset[Place], frozenset[int]]:
    """Serve `demand` from lots and book it together with `pending`: (places whose balance moved, units with shortages).

    Only real places are returned. `waiting` is what there is at its places. `today` is the plant's date, for expiry.
    """
    day = {"today": today}
    if waiting.claims:
        await connection.execute(_SQL["allocate_claimed_lots"], {"now": now, **day})
    await connection.execute(_SQL["allocate_named_lots"])
    await connection.execute(_SQL["allocate_mounted_lots"], day)
    await connection.execute(_SQL["allocate_head_lots"], day)
    await connection.execute(_SQL["allocate_free_lots"], day)
    await connection.execute(_SQL["pend_allocated"])
    units: frozenset[int] = frozenset()
    if waiting.entries:
        settled = await connection.execute(_SQL["settle_shortages"], {"now": now})
        units = frozenset(unit for (unit,) in await settled.fetchall())
    await connection.execute(_SQL["leave_shortages"], {"ingest_id": ingest_id})
    moved = await book_pending(connection, now=now, ingest_id=ingest_id, command_id=command_id)
    return moved, units


async def book_pending(
    connection: Connection, *, now: datetime, ingest_id: int | None, command_id: UUID | None
) -> frozenset[Place]:
    """Write `pending` to ledger and balances; returns the real places whose balance moved."""
    await connection.execute(
        _SQL["book_pending"], {"now": now, "ingest_id": ingest_id, "command_id": command_id}
    )
    moved = await (await connection.execute(_SQL["move_balances"])).fetchall()
    return frozenset((item, place) for item, place in moved)


async def raise_due_signals(
    connection: Connection,
    *,
    places: Collection[Place],
    now: datetime,
    ingest_id: int | None,
    command_id: UUID | None,
) -> frozenset[int]:
    """Raise what is due at `places`, and up the chain; returns the ids of all signals open there, new ones included."""
    new = await calls.raise_due(
        connection, places=places, now=now, ingest_id=ingest_id, command_id=command_id
    )
    rows = await (await connection.execute(_SQL["open_signals_at"], _pairs(places))).fetchall()
    return new | frozenset(signal for (signal,) in rows)


async def plant_date(connection: Connection, *, now: datetime) -> date:
    """The date in the plant's time zone at `now`."""
    row = await (
        await connection.execute(
            "select (%s::timestamptz at time zone coalesce((select time_zone from site), 'UTC'))::date",
            (now,),
        )
    ).fetchone()
    assert row is not None
    return row[0]


async def apply(
    connection: Connection, *, places: Collection[Place], now: datetime, command_id: UUID | None
) -> Touched:
    """Settle and call at `places`, after their stock changed in this transaction; returns what that touched.

    Whoever changed what may be used there without moving it (a held lot is released) has not locked the places yet.
    """
    await lock_places(connection, places)
    await clear_workspace(connection)
    moved: frozenset[Place] = frozenset()
    units: frozenset[int] = frozenset()
    waiting = await demand_open_shortages(connection, places=places, now=now)
    if waiting.entries:
        today = await plant_date(connection, now=now)
        moved, units = await allocate(
            connection, waiting, now=now, today=today, ingest_id=None, command_id=command_id
        )
    affected = moved | frozenset(places)
    signals = await raise_due_signals(
        connection, places=affected, now=now, ingest_id=None, command_id=command_id
    )
    return Touched(units=units, stock=affected, signals=signals)


def _pairs(places: Collection[Place]) -> dict[str, object]:
    ordered = sorted(places)
    return {
        "items": integers(item for item, _ in ordered),
        "places": integers(place for _, place in ordered),
    }
