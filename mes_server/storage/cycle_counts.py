"""Cycle counts: lists, lines, and what the ledger said when they were counted."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

_SQL = load("cycle_counts")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedLine:
    """A line, locked; the tolerance is of its item's class, C when it has none."""

    id: int
    list_id: int
    item_id: int
    lot_id: int
    location_id: int
    state: str
    counted: Decimal | None
    counted_at: datetime | None
    counted_by: int | None
    first_counter: int | None
    tolerance_percent: Decimal
    unit_cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted of a line, and what becomes of it."""

    state: str
    counted: Decimal
    counted_at: datetime
    hit: bool
    book: Decimal
    value: Decimal
    note: str
    movement_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A list and how far it is."""

    id: int
    location: str
    location_name: dict[str, str]
    abc_class: str | None
    note: str
    created_at: datetime
    created_by: str | None
    closed_at: datetime | None
    lines: int
    counted: int
    waiting: int
    accuracy_percent: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """A line in words."""

    id: int
    item: str
    item_name: dict[str, str]
    unit: str
    lot: str
    location: str
    location_name: dict[str, str]
    state: str
    counted: Decimal | None
    counted_at: datetime | None
    counted_by: str | None
    book: Decimal | None
    difference: Decimal | None
    value: Decimal | None
    note: str
    decided_by: str | None
    decided_at: datetime | None
    movement: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyRow:
    """How accurate the books of a class are."""

    abc_class: str
    tolerance_percent: Decimal
    every_days: int
    counted: int
    hits: int
    accuracy_percent: Decimal | None
    booked_value: Decimal


async def make_list(
    connection: Connection,
    *,
    location_id: int,
    location: str,
    abc_class: str | None,
    item: str | None,
    due_only: bool,
    note: str,
    limit: int,
    at: datetime,
    person_id: int | None,
) -> tuple[int, int]:
    """A list with its lines: (id, number of lines)."""
    head = {
        "location_id": location_id,
        "abc_class": abc_class,
        "note": note,
        "at": at,
        "person_id": person_id,
    }
    list_id = await fetch_value(connection, _SQL["make_list"], head)
    assert list_id is not None
    lines = await connection.execute(
        _SQL["fill"],
        head
        | {
            "list_id": list_id,
            "location": location,
            "item": item,
            "due_only": due_only,
            "limit": limit,
        },
    )
    return list_id, lines.rowcount


async def add_line(
    connection: Connection, list_id: int, *, item_id: int, lot_id: int, location_id: int
) -> None:
    """Put a lot that was found on the list, if it is not there."""
    await connection.execute(
        _SQL["add_line"],
        {"list_id": list_id, "item_id": item_id, "lot_id": lot_id, "location_id": location_id},
    )


async def lock_line(
    connection: Connection,
    list_id: int,
    *,
    line_id: int | None = None,
    item_id: int | None = None,
    lot_id: int | None = None,
    location_id: int | None = None,
) -> LockedLine | None:
    """A line by its id, or by what it is about; locked until the transaction ends."""
    parameters = {
        "list_id": list_id,
        "line_id": line_id,
        "item_id": item_id,
        "lot_id": lot_id,
        "location_id": location_id,
    }
    return await fetch_one(connection, LockedLine, _SQL["lock_line"], parameters)


async def book_as_of(connection: Connection, line: LockedLine, *, at: datetime) -> Decimal:
    """What the ledger says of the line's lot at its place as of a time."""
    parameters = {
        "item_id": line.item_id,
        "lot_id": line.lot_id,
        "location_id": line.location_id,
        "at": at,
    }
    found = await fetch_value(connection, _SQL["book_as_of"], parameters)
    assert isinstance(found, Decimal)
    return found


async def keep(
    connection: Connection, line_id: int, what: Counted, *, person_id: int | None
) -> None:
    """Keep a count."""
    parameters = {name: getattr(what, name) for name in Counted.__slots__}
    await connection.execute(_SQL["keep"], parameters | {"id": line_id, "person_id": person_id})


async def decide(
    connection: Connection,
    line_id: int,
    *,
    state: str,
    book: Decimal,
    value: Decimal,
    note: str,
    at: datetime,
    person_id: int | None,
    movement_id: int | None,
) -> None:
    """Keep what somebody else decided."""
    await connection.execute(
        _SQL["decide"],
        {
            "id": line_id,
            "state": state,
            "book": book,
            "value": value,
            "note": note,
            "at": at,
            "person_id": person_id,
            "movement_id": movement_id,
        },
    )


async def close_done(connection: Connection, list_id: int, *, at: datetime) -> None:
    """Close the list, if nothing of it is open."""
    await connection.execute(_SQL["close"], {"list_id": list_id, "at": at})


async def find_lists(
    connection: Connection,
    *,
    id_: int | None = None,
    open_: bool = False,
    after: int = 0,
    limit: int,
) -> list[ListRow]:
    """Lists, oldest first."""
    parameters = {"id": id_, "open": open_, "after": after, "limit": limit}
    return await fetch_all(connection, ListRow, _SQL["lists"], parameters)


async def find_lines(
    connection: Connection, list_id: int, *, state: str | None = None, after: int = 0, limit: int
) -> list[LineRow]:
    """Lines of a list."""
    parameters = {"list_id": list_id, "state": state, "after": after, "limit": limit}
    return await fetch_all(connection, LineRow, _SQL["lines"], parameters)


async def accuracy(connection: Connection, *, since: datetime) -> list[AccuracyRow]:
    """How accurate the books are, by class."""
    return await fetch_all(connection, AccuracyRow, _SQL["accuracy"], {"since": since})


async def set_rule(
    connection: Connection, *, abc_class: str, tolerance_percent: Decimal, every_days: int
) -> None:
    """Set tolerance and frequency of a class."""
    await connection.execute(
        _SQL["set_rule"],
        {
            "abc_class": abc_class,
            "tolerance_percent": tolerance_percent,
            "every_days": every_days,
        },
    )
