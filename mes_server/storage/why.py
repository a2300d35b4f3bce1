"""What a figure is made of: typed reads of the sums, postings, batches and readings behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.storage.database import Connection
from mes_server.storage.evidence import CommandRow, EventRow, IngestRow, Place
from mes_server.storage.movements import MovementRow
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_one

_SQL = load("why")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressRow:
    """An operation's figures and what they come from; the hours bound where its readings are."""

    operation_id: int
    equipment_id: int
    good: Decimal
    scrap: Decimal
    rework: Decimal
    produced: Decimal
    unit: str
    counted_good: Decimal
    counted_scrap: Decimal
    entered_scrap: Decimal
    entered_rework: Decimal
    first_hour: datetime | None
    after_last_hour: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOrderRow:
    """What a unit counted outside any order."""

    equipment_id: int
    good: Decimal
    scrap: Decimal
    first_hour: datetime | None
    after_last_hour: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterRow:
    """So much a counter stepped, in so many readings."""

    signal: str
    role: str
    counted: Decimal
    readings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """What lies of an item at a place; `lot_id` is None when no lot was named, or there is none of that name."""

    item_id: int
    location_id: int
    unit: str
    lot_id: int | None
    quantity: Decimal
    reserved: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRow:
    """What came and went by one kind of posting."""

    kind: str
    came: Decimal
    went: Decimal
    postings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentRow:
    """A component of an operation."""

    operation_id: int
    item_id: int
    unit: str
    standard_cost: Decimal
    produced: Decimal
    quantity: Decimal
    base_quantity: Decimal
    scrap_percent: Decimal
    measured: bool
    standard: Decimal
    booked: Decimal
    waiting: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRow:
    """A replenishment signal; `on_hand_then` is replayed from the postings booked until it was raised."""

    id: int
    quantity: Decimal
    delivered_quantity: Decimal
    state: str
    projected: Decimal
    reorder_point: Decimal
    raised_at: datetime
    ingest_id: int | None
    command_id: str | None
    method: str
    item_id: int
    location_id: int
    item: str
    unit: str
    location: str
    on_hand_now: Decimal
    reserved_now: Decimal
    waiting_now: Decimal
    on_hand_then: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortageRow:
    """An entry of the shortage queue."""

    id: int
    kind: str
    quantity: Decimal
    remaining: Decimal
    since: datetime
    settled_at: datetime | None
    ingest_id: int | None
    operation_id: int | None
    equipment_id: int
    item_id: int
    location_id: int
    item: str
    unit: str
    location: str
    free_now: Decimal


async def progress(connection: Connection, *, number: str, operation: int) -> ProgressRow | None:
    """An operation's figures."""
    given = {"number": number, "operation": operation}
    return await fetch_one(connection, ProgressRow, _SQL["progress"], given)


async def no_order(connection: Connection, *, equipment: str) -> NoOrderRow | None:
    """A unit's bucket."""
    return await fetch_one(connection, NoOrderRow, _SQL["no_order"], {"equipment": equipment})


async def counters(connection: Connection, found: ProgressRow | NoOrderRow) -> list[CounterRow]:
    """What each counter stepped for the operation, or for none."""
    return await fetch_all(connection, CounterRow, _SQL["counters"], _where(found))


async def readings_of_unit(
    connection: Connection, found: ProgressRow | NoOrderRow, *, after: Place, limit: int
) -> list[EventRow]:
    """The counts for the operation, or for none."""
    given = {**_where(found), "after_at": after.at, "after_seq": after.seq, "limit": limit}
    return await fetch_all(connection, EventRow, _SQL["readings_of_unit"], given)


async def readings_of_batches(
    connection: Connection,
    *,
    batches: Sequence[int],
    units: Sequence[int],
    after: Place,
    limit: int,
) -> list[EventRow]:
    """Counts and weighings of these batches at these units."""
    given = {
        "batches": list(batches),
        "units": list(units),
        "after_at": after.at,
        "after_seq": after.seq,
        "limit": limit,
    }
    return await fetch_all(connection, EventRow, _SQL["readings_of_batches"], given)


async def units_by_path(connection: Connection, paths: Sequence[str]) -> list[int]:
    """Ids of units."""
    return await fetch_column(connection, _SQL["units_by_path"], {"paths": list(paths)})


async def batches(connection: Connection, ids: Sequence[int]) -> list[IngestRow]:
    """Batches by id."""
    return await fetch_all(connection, IngestRow, _SQL["batches"], {"ids": list(ids)})


async def commands(connection: Connection, ids: Sequence[str]) -> list[CommandRow]:
    """Commands by id."""
    return await fetch_all(connection, CommandRow, _SQL["commands"], {"ids": list(ids)})


async def postings_of_operation(
    connection: Connection, operation_id: int, *, item_id: int | None, limit: int
) -> list[MovementRow]:
    """What an operation made, or consumed of one item; newest first."""
    given = {"operation_id": operation_id, "item_id": item_id, "limit": limit}
    return await fetch_all(connection, MovementRow, _SQL["postings_of_operation"], given)


async def postings_of_stock(
    connection: Connection,
    *,
    item_id: int,
    location_id: int,
    lot_id: int | None = None,
    until: datetime | None = None,
    limit: int,
) -> list[MovementRow]:
    """What moved an item at a place, booked up to a time; newest first."""
    given = {
        "item_id": item_id,
        "location_id": location_id,
        "lot_id": lot_id,
        "until": until,
        "limit": limit,
    }
    return await fetch_all(connection, MovementRow, _SQL["postings_of_stock"], given)


async def stock(
    connection: Connection, *, item: str, location: str, lot: str | None
) -> StockRow | None:
    """What lies there; None when item or location are not known."""
    given = {"item": item, "location": location, "lot": lot}
    return await fetch_one(connection, StockRow, _SQL["stock"], given)


async def flows(connection: Connection, found: StockRow) -> list[FlowRow]:
    """What came and went by kind of posting."""
    given = {
        "item_id": found.item_id,
        "location_id": found.location_id,
        "lot_id": found.lot_id,
    }
    return await fetch_all(connection, FlowRow, _SQL["flows"], given)


async def component(
    connection: Connection, *, number: str, operation: int, item: str
) -> ComponentRow | None:
    """A component of an operation."""
    given = {"number": number, "operation": operation, "item": item}
    return await fetch_one(connection, ComponentRow, _SQL["component"], given)


async def signal(connection: Connection, signal_id: int) -> SignalRow | None:
    """A replenishment signal."""
    return await fetch_one(connection, SignalRow, _SQL["signal"], {"id": signal_id})


async def shortage(connection: Connection, shortage_id: int) -> ShortageRow | None:
    """An entry of the shortage queue."""
    return await fetch_one(connection, ShortageRow, _SQL["shortage"], {"id": shortage_id})


def _where(found: ProgressRow | NoOrderRow) -> dict[str, object]:
    """Unit, operation and hours; without hours, nothing."""
    return {
        "equipment_id": found.equipment_id,
        "operation_id": found.operation_id if isinstance(found, ProgressRow) else None,
        "since": found.first_hour,
        "until": found.after_last_hour,
    }
