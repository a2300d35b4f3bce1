"""Replenishment loops: how they are set, what they see now, and their history."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from mes_server.domain.loop_rule import projected_stock
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_one, fetch_value

_SQL = load("loops")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopRow:
    """A loop with what its rule sees now; `position` names it for the next page."""

    id: int
    item: str
    item_name: dict[str, str]
    unit: str
    location: str
    location_name: dict[str, str]
    source: str
    supplier: str | None
    setting: dict[str, str | None]
    """What the loop was told, as text, by the names that the API has for it."""
    on_hand: Decimal
    reserved: Decimal
    waiting: Decimal
    asked: Decimal
    called: Decimal
    purchased: Decimal
    made: Decimal
    projected: Decimal
    rate_per_hour: Decimal | None
    runs_out_at: datetime | None
    next_supply_at: datetime | None
    open_call: int | None
    open_proposal: int | None
    cards: int
    empty_cards: int
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedLoop:
    """A loop that is about to be changed or used."""

    id: int
    item_id: int
    item: str
    location_id: int
    location_name: dict[str, str]
    location: str
    source_id: int
    kind: str
    method: str
    order_quantity: Decimal
    safety_stock: Decimal
    lead_time_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What a place holds and what is promised to and by it."""

    on_hand: Decimal
    reserved: Decimal
    waiting: Decimal
    asked: Decimal
    called: Decimal
    purchased: Decimal
    made: Decimal

    @property
    def projected(self) -> Decimal:
        """Projected stock."""
        return projected_stock(
            on_hand=self.on_hand,
            open_supply=self.called + self.purchased + self.made,
            reserved=self.reserved,
            waiting=self.waiting,
            asked=self.asked,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyRow:
    """Supply that is on its way."""

    kind: str
    ref: str
    item: str
    location: str
    quantity: Decimal
    unit: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutRow:
    """A place that running orders draw from."""

    item: str
    item_name: dict[str, str]
    unit: str
    location: str
    location_name: dict[str, str]
    on_hand: Decimal
    reserved: Decimal
    waiting: Decimal
    projected: Decimal
    rate_per_hour: Decimal | None
    runs_out_at: datetime | None
    need: Decimal
    orders: list[str]
    method: str | None
    lead_time_s: int | None
    open_call: int | None
    call_state: str | None
    next_supply_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopFilter:
    """Which loops are asked for; `after` is the position of the last one of the page before."""

    item: str | None = None
    location: str | None = None
    method: str | None = None
    kind: str | None = None
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutFilter:
    """Which places are asked for; `after` rows are passed over."""

    item: str | None = None
    location: str | None = None
    order: str | None = None
    before: datetime | None = None
    after: int = 0


async def find_loops(
    connection: Connection, which: LoopFilter, *, now: datetime, limit: int
) -> list[LoopRow]:
    """Loops by item and place."""
    values = {
        "item": which.item,
        "location": which.location,
        "method": which.method,
        "kind": which.kind,
        "after": which.after,
        "now": now,
        "limit": limit,
    }
    return await fetch_all(connection, LoopRow, _SQL["find"], values)


async def places_of(
    connection: Connection, *, item: str, location: str
) -> frozenset[tuple[int, int]]:
    """(item, location) at both ends of the loop; empty when there is none."""
    values = {"item": item, "location": location}
    cursor = await connection.execute(_SQL["places_of"], values)
    return frozenset(
        (item_id, place)
        for item_id, location_id, source_id in await cursor.fetchall()
        for place in (location_id, source_id)
    )


async def lock_loop(connection: Connection, *, item: str, location: str) -> LockedLoop | None:
    """The loop of an item at a place, locked until the transaction ends."""
    return await fetch_one(
        connection, LockedLoop, _SQL["lock"], {"item": item, "location": location}
    )


async def picked_from_elsewhere(
    connection: Connection, rows: Sequence[Mapping[str, Any]]
) -> tuple[str, int] | None:
    """(item, number) of a call that is picked from another place than these settings name for its loop."""
    cursor = await connection.execute(_SQL["picked_from_elsewhere"], {"rows": Jsonb(list(rows))})
    return await cursor.fetchone()


async def open_call(connection: Connection, loop_id: int) -> int | None:
    """Number of the loop's open call."""
    return await fetch_value(connection, _SQL["open_call"], {"loop_id": loop_id})


async def open_proposal(connection: Connection, loop_id: int) -> int | None:
    """Number of the loop's open proposal."""
    return await fetch_value(connection, _SQL["open_proposal"], {"loop_id": loop_id})


async def projection(connection: Connection, *, item_id: int, location_id: int) -> Projection:
    """What a place holds and what is promised to and by it."""
    values = {"item_id": item_id, "location_id": location_id}
    row = await fetch_one(connection, Projection, _SQL["projection"], values)
    assert row is not None
    return row


async def raise_emergency(
    connection: Connection,
    loop: LockedLoop,
    *,
    quantity: Decimal,
    projected: Decimal,
    reason: str,
    now: datetime,
    command_id: UUID,
) -> int:
    """A call (of a transfer loop) or a proposal (of another) for exactly `quantity`; its number."""
    values = {
        "loop_id": loop.id,
        "quantity": quantity,
        "projected": projected,
        "reason": reason,
        "now": now,
        "command_id": command_id,
    }
    query = _SQL["raise_emergency" if loop.kind == "transfer" else "propose_emergency"]
    found = await fetch_value(connection, query, values)
    assert isinstance(found, int)
    return found


async def daily_demand(
    connection: Connection, loop: LockedLoop, *, now: datetime, days: int
) -> list[Decimal]:
    """What left the place on each whole day of the plant, oldest first."""
    values = {"item_id": loop.item_id, "location_id": loop.location_id, "now": now, "days": days}
    return await fetch_column(connection, _SQL["daily_demand"], values)


async def lead_times(
    connection: Connection, loop: LockedLoop, *, now: datetime, days: int
) -> list[float]:
    """Days that deliveries took, newest first."""
    values = {
        "loop_id": loop.id,
        "kind": loop.kind,
        "item_id": loop.item_id,
        "location_id": loop.location_id,
        "now": now,
        "days": days,
    }
    return await fetch_column(connection, _SQL["lead_times"], values)


async def find_supply(
    connection: Connection, *, item: str | None, location: str | None, after: int, limit: int
) -> list[SupplyRow]:
    """What is on its way, soonest first; `after` rows are passed over."""
    values = {"item": item, "location": location, "after": after, "limit": limit}
    return await fetch_all(connection, SupplyRow, _SQL["supply"], values)


async def run_outs(
    connection: Connection, which: RunOutFilter, *, now: datetime, limit: int
) -> list[RunOutRow]:
    """Places that running orders draw from, soonest empty first."""
    values = {**asdict(which), "now": now, "limit": limit}
    return await fetch_all(connection, RunOutRow, _SQL["run_outs"], values)
