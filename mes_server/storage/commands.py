"""Commands by idempotency key: the same key books once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_one, fetch_value

_SQL = load("commands")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCommand:
    """A command that was booked."""

    input_hash: bytes
    answer: dict[str, Any]


async def claim(
    connection: Connection,
    *,
    command_id: UUID,
    kind: str,
    input_hash: bytes,
    given: dict[str, Any],
    person_id: int | None,
    station: str,
    at: datetime,
) -> StoredCommand | None:
    """Take the key for this transaction; what was booked under it when it is taken already."""
    parameters = {
        "id": command_id,
        "kind": kind,
        "input_hash": input_hash,
        "given": Jsonb(given),
        "person_id": person_id,
        "station": station,
        "at": at,
    }
    if await fetch_value(connection, _SQL["claim"], parameters) is not None:
        return None
    return await fetch_one(connection, StoredCommand, _SQL["stored"], {"id": command_id})


async def keep_answer(connection: Connection, *, command_id: UUID, answer: dict[str, Any]) -> None:
    """Store what a repetition of the command is answered."""
    await connection.execute(_SQL["answer"], {"id": command_id, "answer": Jsonb(answer)})
