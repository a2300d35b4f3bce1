"""Commands for machines, in the order in which they were given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("job_commands")

SUPERSEDED = "The machine did not answer before it was given a newer job."


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCommandRow:
    """A command; `payload` is a JobOrderCommand without position and command id."""

    position: int
    command_id: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOrderRow:
    """A command and what the machine answered."""

    position: int
    command_id: str
    order: str
    operation: int
    equipment: str
    issued_at: datetime
    answered_at: datetime | None
    accepted: bool | None
    reason: str


async def add(
    connection: Connection,
    *,
    command_id: UUID,
    agent: str,
    equipment_id: int,
    operation_id: int,
    payload: dict[str, Any],
    at: datetime,
) -> None:
    """Give a command to a machine; one that it has not answered yet is withdrawn."""
    parameters = {
        "command_id": command_id,
        "agent": agent,
        "equipment_id": equipment_id,
        "operation_id": operation_id,
        "payload": Jsonb(payload),
        "at": at,
    }
    await connection.execute(_SQL["one_at_a_time"])
    await connection.execute(
        _SQL["supersede"], {"equipment_id": equipment_id, "at": at, "reason": SUPERSEDED}
    )
    await connection.execute(_SQL["add"], parameters)


async def commands_after(connection: Connection, after: int, *, limit: int) -> list[JobCommandRow]:
    """Commands after a position that are unanswered."""
    parameters = {"after": after, "limit": limit}
    return await fetch_all(connection, JobCommandRow, _SQL["after"], parameters)


async def find(
    connection: Connection,
    *,
    order: str | None,
    equipment: str | None,
    after: int,
    limit: int,
) -> list[JobOrderRow]:
    """Commands of an order or a unit, or all, with their answers; `after` is the last position of the page before."""
    parameters = {"order": order, "equipment": equipment, "after": after, "limit": limit}
    return await fetch_all(connection, JobOrderRow, _SQL["find"], parameters)
