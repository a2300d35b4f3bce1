"""The audit log: who did what, from where, when and why, and who was refused."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("audit")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A line to be written."""

    at: datetime
    kind: str
    outcome: str
    """`done` or `refused`."""
    refusal: str = ""
    person_id: int | None = None
    badge: str = ""
    token: str = ""
    station: str = ""
    address: str = ""
    target: str = ""
    reason: str = ""
    command_id: UUID | None = None
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What was asked for, unless the command of that id keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which lines; None takes all. `before` is the last id of the page before."""

    before: int | None = None
    badge: str | None = None
    token: str | None = None
    station: str | None = None
    kind: str | None = None
    target: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """A line as it is read."""

    id: int
    at: datetime
    person: str | None
    badge: str
    token: str
    station: str
    address: str
    kind: str
    target: str
    reason: str
    outcome: str
    refusal: str
    command_id: str | None
    given: dict[str, Any]


async def record(connection: Connection, entry: AuditEntry) -> None:
    """Write a line; nobody can change it afterwards."""
    values = {
        name: getattr(entry, name) for name in AuditEntry.__dataclass_fields__ if name != "given"
    }
    await connection.execute(_SQL["record"], {**values, "given": Jsonb(entry.given)})


async def find_entries(connection: Connection, which: AuditFilter, *, limit: int) -> list[AuditRow]:
    """Lines, newest first."""
    return await fetch_all(connection, AuditRow, _SQL["find"], {**asdict(which), "limit": limit})


async def told_lately(
    connection: Connection, entry: AuditEntry, *, since: datetime
) -> tuple[int, int]:
    """(lines of the same kind, token and address, lines of the same kind) since a time."""
    values = {
        "token": entry.token, "address": entry.address, "kind": entry.kind, "since": since,
    }  # fmt: skip
    row = await (await connection.execute(_SQL["told_lately"], values)).fetchone()
    assert row is not None
    return row[0], row[1]
