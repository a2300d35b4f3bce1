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


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCommandRow:
    """A command; `payload` is a JobOrderCommand without position and command id."""

    position: int
    command_id: str
    payload: dict[str, Any]


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
    """Give a command to a machine."""
    parameters = {
        "command_id": command_id,
        "agent": agent,
        "equipment_id": equipment_id,
        "operation_id": operation_id,
        "payload": Jsonb(payload),
        "at": at,
    }
    await connection.execute(_SQL["add"], parameters)


async def commands_after(connection: Connection, after: int, *, limit: int) -> list[JobCommandRow]:
    """Commands after a position; after 0, all that are unanswered."""
    parameters = {"after": after, "limit": limit}
    return await fetch_all(connection, JobCommandRow, _SQL["after"], parameters)
