"""Replenishment signals and what was picked for them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from mes_server.domain.lots import LotInPlace
from mes_server.domain.replenishment import SignalState
from mes_server.storage import cards
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_one

_SQL = load("replenishment")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRow:
    """A locked signal and its loop."""

    id: int
    state: str
    quantity: Decimal
    item_id: int
    item: str
    location_id: int
    source_id: int
    source_name: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PickRow:
    """A lot that was taken for a signal, reserved where it lies."""

    item_id: int
    location_id: int
    lot_id: int
    quantity: Decimal
    item: str
    lot: str
    held: bool
    expires_on: date | None
    received_at: datetime

    @property
    def place(self) -> tuple[int, int]:
        """(item, location)."""
        return (self.item_id, self.location_id)

    @property
    def key(self) -> tuple[int, int, int]:
        """The balance it is reserved in: (item, location, lot)."""
        return (self.item_id, self.location_id, self.lot_id)

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
        )


async def places_of(connection: Connection, signal_id: int) -> frozenset[tuple[int, int]]:
    """(item, location) at both ends of the signal's loop, and where lots were picked for it; empty when there is no such
    signal."""
    cursor = await connection.execute(_SQL["places_of"], {"signal_id": signal_id})
    return frozenset((item, place) for item, place in await cursor.fetchall())


async def drawn_from(
    connection: Connection, signal_id: int, *, lots: Collection[str]
) -> frozenset[tuple[int, int]]:
    """(item, location) where lots lie that could be picked for the signal: these `lots`, or of none any that is free."""
    parameters = {"signal_id": signal_id, "lots": sorted(lots) or None}
    cursor = await connection.execute(_SQL["drawn_from"], parameters)
    return frozenset((item, place) for item, place in await cursor.fetchall())


async def lock_signal(connection: Connection, signal_id: int) -> SignalRow | None:
    """The signal, locked until the transaction ends; whoever moves stock for it has its places' say already."""
    return await fetch_one(connection, SignalRow, _SQL["lock_signal"], {"signal_id": signal_id})


async def set_state(
    connection: Connection,
    signal_id: int,
    *,
    state: SignalState,
    at: datetime,
    person_id: int | None,
    delivered: Decimal = Decimal(0),
) -> None:
    """Keep the decided state, who took the step and when."""
    parameters = {
        "signal_id": signal_id,
        "state": state.value,
        "at": at,
        "person_id": person_id,
        "delivered": delivered,
    }
    await connection.execute(_SQL["set_state"], parameters)
    await cards.follow_call(
        connection,
        signal_id,
        state=state.value,
        delivered=delivered,
        at=at,
        person_id=person_id,
    )


async def add_picks(
    connection: Connection, signal_id: int, quantities: Mapping[tuple[int, int], Decimal]
) -> None:
    """(Location id, lot id) -> quantity taken for the signal."""
    parameters = {
        "signal_id": signal_id,
        "places": [place for place, _ in quantities],
        "lots": [lot for _, lot in quantities],
        "quantities": list(quantities.values()),
    }
    await connection.execute(_SQL["add_picks"], parameters)


async def picks(connection: Connection, signal_id: int) -> list[PickRow]:
    """What was taken for the signal, and where it lies."""
    return await fetch_all(connection, PickRow, _SQL["picks"], {"signal_id": signal_id})


async def find_signals(
    connection: Connection, *, states: Sequence[str] | None, before: int | None, limit: int
) -> list[int]:
    """Ids of signals, newest first; `before` is the last id of the page before."""
    parameters = {
        "states": None if states is None else list(states),
        "before": before,
        "limit": limit,
    }
    return await fetch_column(connection, _SQL["find"], parameters)
