"""What lies behind a figure: batch or command, and the facts of the machine."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

_SQL = load("evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRow:
    """A batch of facts."""

    id: int
    received_at: datetime
    gateway: str
    facts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRow:
    """What a person did."""

    id: str
    kind: str
    given: dict[str, Any]
    person: str | None
    station: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """A stored fact: the signal's total stepped during (since, at]."""

    at: datetime
    since: datetime | None
    arrived_at: datetime
    seq: int
    ingest_id: int
    agent: str
    signal: str | None
    quality: str
    step: Decimal | None
    total: Decimal | None
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The last event of the page before."""

    at: datetime
    seq: int


async def find_ingest(connection: Connection, ingest_id: int) -> IngestRow | None:
    """The batch with that id."""
    return await fetch_one(connection, IngestRow, _SQL["ingest"], {"ingest_id": ingest_id})


async def find_command(connection: Connection, command_id: str) -> CommandRow | None:
    """The command with that idempotency key."""
    return await fetch_one(connection, CommandRow, _SQL["command"], {"command_id": command_id})


async def events_of_movement(
    connection: Connection, *, movement_id: int, ingest_id: int, after: Place, limit: int
) -> list[EventRow]:
    """Counts and weighings of the posting's batch at the posting's unit."""
    unit = await fetch_value(
        connection, _SQL["equipment_of_movement"], {"movement_id": movement_id}
    )
    parameters = {
        "ingest_id": ingest_id,
        "equipment_id": unit,
        "after_at": after.at,
        "after_seq": after.seq,
        "limit": limit,
    }
    return await fetch_all(connection, EventRow, _SQL["events_of_ingest"], parameters)


async def events_of_operation(
    connection: Connection, *, operation_id: int, after: Place, limit: int
) -> list[EventRow]:
    """Counts that belong to the operation, by machine time."""
    parameters = {
        "operation_id": operation_id,
        "after_at": after.at,
        "after_seq": after.seq,
        "limit": limit,
    }
    return await fetch_all(connection, EventRow, _SQL["events_of_operation"], parameters)
